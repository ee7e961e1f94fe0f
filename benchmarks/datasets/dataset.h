#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/data/question.h"

namespace vidqa::benchmarks {

struct DatasetOptions {
  std::string root;         ///< folder of the released files, or one above it
  uint64_t split_seed = 1;  ///< where no validation split is released, it is drawn with this seed
  double val_share = 0.1;   ///< its share of the training questions' clips
};

/// One row of the table from which `--dataset` and its help text come.
struct DatasetEntry {
  std::string name;  ///< msvd-qa, tgif-action, tgif-transition, tgif-count, tgif-frameqa
  std::string summary;
  std::string paper;
  data::QaCorpus (*load)(const DatasetOptions& options);
};

const std::vector<DatasetEntry>& dataset_table();

/// Reads a data set; throws c10::Error naming file, line and remedy, or listing the accepted names.
data::QaCorpus load_dataset(const std::string& name, const DatasetOptions& options);

}  // namespace vidqa::benchmarks
