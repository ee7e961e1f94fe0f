#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "features/feature_store.h"

namespace vidqa::features {

/// What is wrong with a clip as it is stored, in words; empty when nothing is: data set and times
/// can be read, agree with each other, with the number of rows and with the hash of their content.
/// Clips of other programs carry no hash, and theirs is not compared.
std::string clip_fault(const FeatureReader& reader, const std::string& clip);

struct ClipFault {
  std::string clip;
  std::string reason;
};

struct FileCheck {
  int64_t clips = 0;
  int64_t rows = 0;
  int64_t without_hash = 0;       ///< made by other programs: readable, more is not known
  std::vector<ClipFault> faults;  ///< to be extracted again
};

/// Reads every clip of a feature file (all layouts of FeatureReader). Also faults: no rows, numbers
/// that are not finite, clips that are not there though `expected` names them. Throws c10::Error
/// when the file as a whole cannot be opened, saying what to do.
FileCheck check_feature_file(const std::string& path,
                             const std::vector<std::string>& expected = {});

}  // namespace vidqa::features
