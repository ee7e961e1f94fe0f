#pragma once

#include <deque>
#include <vector>

#include <torch/types.h>

namespace vidqa::fusion {

/// x * mask / (1 - p) with a new Bernoulli(1 - p) mask when training, x otherwise. Every dropout of
/// a fusion passes through here, in the order of the published code.
torch::Tensor drop(const torch::Tensor& x, double p, bool training);

/// For tests: while it lives, drop() in this thread takes its keep masks (0 or 1, broadcast to
/// x) from the given ones, in order, instead of drawing them; it throws c10::Error when none is
/// left. They do not nest.
class ReplayedDropout {
 public:
  explicit ReplayedDropout(std::vector<torch::Tensor> keep_masks);
  ~ReplayedDropout();
  ReplayedDropout(const ReplayedDropout&) = delete;
  ReplayedDropout& operator=(const ReplayedDropout&) = delete;

  size_t num_left() const { return keep_masks_.size(); }

 private:
  friend torch::Tensor drop(const torch::Tensor& x, double p, bool training);
  torch::Tensor next();

  std::deque<torch::Tensor> keep_masks_;
};

}  // namespace vidqa::fusion
