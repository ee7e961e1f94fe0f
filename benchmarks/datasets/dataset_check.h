#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/datasets/dataset.h"

namespace vidqa::benchmarks {

struct DatasetCheckOptions {
  DatasetOptions data;
  std::string
      features;  ///< file of the appearance stream; empty: only what the data set has itself
  std::optional<std::string> motion_features = std::nullopt;
};

/// What a folder holds and what is wrong with it.
struct DatasetCheck {
  struct Fact {
    std::string name;
    std::array<std::string, 3> values;  ///< of train, val, test
  };
  std::vector<Fact> facts;
  std::vector<std::string> notes;     ///< QaCorpus::notes
  std::vector<std::string> warnings;  ///< what a training accepts and a user should know
  std::vector<std::string> faults;    ///< the first of them, each with file and record
  int64_t num_faults = 0;             ///< all of them; a training would stop at the first
};

/// Reads a data set of the dataset_table() with all that a training would read of it: every
/// question, every context text, every value of the features of every clip. Works for each data set
/// of the table; one that hands record faults to its Faults gets them all listed, another the
/// first. `on_clip` is told how many of the clips of all feature files are done.
///
/// Throws c10::Error for an unknown name only.
DatasetCheck check_dataset(const std::string& name, const DatasetCheckOptions& options,
                           const std::function<void(int64_t done, int64_t total)>& on_clip = {});

}  // namespace vidqa::benchmarks
