#include "fusion/dropout.h"

#include <mutex>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

namespace vidqa::fusion {
namespace {

thread_local ReplayedDropout* replayed = nullptr;

uint64_t draw_key() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
}

}  // namespace

torch::Tensor drop(const torch::Tensor& x, double p, bool training) {
  if (!training || p == 0) return x;
  if (replayed != nullptr) return x * replayed->next().to(x.options()) / (1 - p);
  return torch::dropout(x, p, training);
}

cpu::DropoutPlace DropoutPlaces::next(double p, int64_t width) {
  cpu::DropoutPlace place;
  place.width = width;
  if (!training_ || p == 0) return place;
  place.probability = p;
  place.stream = num_places_++;
  if (replayed != nullptr) {
    given_.push_back(replayed->next().to(torch::kFloat32).contiguous());
    TORCH_CHECK(given_.back().dim() > 0 && given_.back().size(-1) == width,
                "ReplayedDropout: a mask of width ", width, " is needed, got shape ",
                given_.back().sizes());
    place.given = given_.back().data_ptr<float>();
    return place;
  }
  if (place.stream == 0) key_ = draw_key();
  place.key = key_;
  return place;
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
