#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pipeline/train/predictions.h"

namespace vidqa::benchmarks {

/// A run folder as `vidqa train` leaves it, without the checkpoints.
struct RunFiles {
  std::string fusion = "default";
  uint64_t seed = 1;
  std::string dataset = "tgif-action";
  std::string streams = "published";
  std::map<std::string, std::string> options;  ///< further ones of config.toml
  int64_t epochs = 2;
  bool is_done = true;
  std::string failure;  ///< content of FAILED, instead of DONE
  std::vector<train::Prediction> predictions;
};

/// Writes it to `folder`, which is returned.
std::string write_run(const std::string& folder, const RunFiles& run);

/// A multiple-choice prediction "Q<number>" of candidates "a", "b", "c", of which "b" is right.
train::Prediction answered(int64_t number, bool correct, const std::string& type = "what");

/// One for each digit of `digits`, '1' a right one; numbered from 1, two to a clip.
std::vector<train::Prediction> answered_all(const std::string& digits);

}  // namespace vidqa::benchmarks
