#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/datasets/faults.h"
#include "pipeline/data/question.h"

namespace vidqa::benchmarks {

/// EgoVQA: what stands between the end of a candidate and that of the longest.
enum class CandidatePadding {
  kAsPublished,  ///< word id 0, a real word, which the model reads
  kExact,        ///< nothing: every candidate is as long as it is
};

struct DatasetOptions {
  std::string root;          ///< folder of the released files, or one above it
  uint64_t split_seed = 1;   ///< where no validation split is released, it is drawn with this seed
  double val_share = 0.1;    ///< its share of the training questions' clips
  bool full_length = false;  ///< TVQA: questions see their whole clip, not the annotated span
  /// TVQA: streams that are read, of sub, vcpt, imagenet, motion and regional. Unset: those whose
  /// files are there.
  std::optional<std::vector<std::string>> streams = std::nullopt;
  /// Classes of an answer set that is built from training answers, since none is released
  /// (ActivityNet-QA, NExT-QA, MSRVTT-QA).
  int64_t answer_set_size = 1000;
  int64_t ego_split = 0;  ///< EgoVQA: which of its three splits, 0 to 2
  CandidatePadding candidate_padding = CandidatePadding::kAsPublished;
  /// TVQA: question with answer cut to 50 word ids, as the published HME runs had it.
  bool hard_restrict = false;
};

/// One row of the table from which `--dataset` and its help text come.
struct DatasetEntry {
  std::string name;
  std::string summary;
  std::string paper;
  /// Reads the data set. Faults of single records go to `faults`; others are thrown.
  data::QaCorpus (*load)(const DatasetOptions& options, Faults& faults);
  /// Sets the word ids of a question, by its text and candidates, as `load` sets those of the
  /// corpus that it reads.
  void (*encode)(const data::QaCorpus& corpus, const DatasetOptions& options,
                 data::Question& question);
};

const std::vector<DatasetEntry>& dataset_table();

/// Row of `name`; throws c10::Error that lists the accepted names.
const DatasetEntry& find_dataset(const std::string& name);

/// Reads a data set; throws c10::Error naming file, line and remedy, or listing the accepted names.
data::QaCorpus load_dataset(const std::string& name, const DatasetOptions& options);

/// The same with faults of single records where the caller wants them.
data::QaCorpus load_dataset(const std::string& name, const DatasetOptions& options, Faults& faults);

}  // namespace vidqa::benchmarks
