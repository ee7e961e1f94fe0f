#pragma once

#include <cstdint>
#include <functional>

#include <torch/types.h>

#include "pipeline/data/feature_options.h"

namespace vidqa::data {

/// Applies a FeatureNorm to rows (n, D).
class RowNorm {
 public:
  explicit RowNorm(FeatureNorm norm) : norm_(norm) {}

  /// kStandardize needs a fit() first.
  torch::Tensor apply(const torch::Tensor& rows) const;

  /// Takes the statistics of kStandardize over the rows of `clip(0)` .. `clip(num_clips - 1)`, each
  /// of which is asked for twice, so that no more than one has to be kept. Does nothing for the
  /// others.
  void fit(int64_t num_clips, const std::function<torch::Tensor(int64_t)>& clip);

 private:
  FeatureNorm norm_;
  torch::Tensor mean_;       ///< (1, D)
  torch::Tensor deviation_;  ///< (1, D); 1 for a column that never varies
};

}  // namespace vidqa::data
