#include "fusion/dropout.h"

#include <torch/torch.h>

namespace vidqa::fusion {
namespace {

thread_local ReplayedDropout* replayed = nullptr;

}  // namespace

torch::Tensor drop(const torch::Tensor& x, double p, bool training) {
  if (!training || p == 0) return x;
  if (replayed != nullptr) return x * replayed->next().to(x.options()) / (1 - p);
  return torch::dropout(x, p, training);
}

ReplayedDropout::ReplayedDropout(std::vector<torch::Tensor> keep_masks)
    : keep_masks_(keep_masks.begin(), keep_masks.end()) {
  TORCH_CHECK(replayed == nullptr, "ReplayedDropout: must not be nested");
  replayed = this;
}

ReplayedDropout::~ReplayedDropout() { replayed = nullptr; }

torch::Tensor ReplayedDropout::next() {
  TORCH_CHECK(!keep_masks_.empty(), "ReplayedDropout: no mask is left");
  torch::Tensor mask = keep_masks_.front();
  keep_masks_.pop_front();
  return mask;
}

}  // namespace vidqa::fusion
