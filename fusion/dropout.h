#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include <torch/types.h>

#include "fusion/cpu/dropout_place.h"

namespace vidqa::fusion {

/// x * mask / (1 - p) with a new Bernoulli(1 - p) mask when training, x otherwise. Every dropout of
/// a fusion that is composed of Torch operators passes through here, in the order of the published
/// code.
torch::Tensor drop(const torch::Tensor& x, double p, bool training);

/// The same for the CPU kernels: hands out the places of dropout of one forward pass, in the order
/// of the published code. The first place that drops anything draws a key from LibTorch's default
/// generator, so torch::manual_seed() decides the masks. Has to live as long as the places are
/// used.
class DropoutPlaces {
 public:
  explicit DropoutPlaces(bool training = false) : training_(training) {}

  /// Of elements (rows, width), dropped with probability p.
  cpu::DropoutPlace next(double p, int64_t width);

 private:
  bool training_;
  uint64_t key_ = 0;
  uint32_t num_places_ = 0;
  std::vector<torch::Tensor> given_;
};

/// For tests: while it lives, drop() and DropoutPlaces in this thread take their keep masks (0 or
/// 1, in the shape of what they mask) from the given ones, in order, instead of drawing them; they
/// throw c10::Error when none is left. They do not nest.
class ReplayedDropout {
 public:
  explicit ReplayedDropout(std::vector<torch::Tensor> keep_masks);
  ~ReplayedDropout();
  ReplayedDropout(const ReplayedDropout&) = delete;
  ReplayedDropout& operator=(const ReplayedDropout&) = delete;

  size_t num_left() const { return keep_masks_.size(); }

 private:
  friend torch::Tensor drop(const torch::Tensor& x, double p, bool training);
  friend class DropoutPlaces;
  torch::Tensor next();

  std::deque<torch::Tensor> keep_masks_;
};

}  // namespace vidqa::fusion
