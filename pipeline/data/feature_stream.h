#pragma once

#include <string>
#include <vector>

#include <torch/types.h>

#include "features/feature_store.h"
#include "pipeline/data/question.h"

namespace vidqa::data {

/// One feature file seen as one stream: finds the rows of a question's clip in either layout, and
/// checks them.
class FeatureStream {
 public:
  /// `dense_array`: the array that is read where the file holds dense arrays ("vgg", "c3d").
  FeatureStream(const std::string& path, std::string dense_array);

  /// (n, D) float32, n >= 1, every value finite, D that of the first clip that was read. Throws
  /// c10::Error naming file and clip, and for a missing clip the names that were tried.
  torch::Tensor read(const Question& question);

  /// D; throws before the first read().
  int64_t dim() const;

 private:
  torch::Tensor find(const Question& question) const;
  std::string missing_message(const Question& question) const;

  features::FeatureReader reader_;
  std::string dense_array_;
  std::vector<std::string> dense_arrays_;  ///< those of the file
  int64_t dim_ = -1;
};

}  // namespace vidqa::data
