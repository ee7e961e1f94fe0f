#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "features/backbone.h"
#include "features/weights.h"

namespace vidqa::testing {

/// Names and shapes of a network's tensors.
inline features::StateDict state_dict_of(const torch::nn::Module& module) {
  features::StateDict tensors;
  for (const auto& entry : module.named_parameters()) tensors[entry.key()] = entry.value();
  for (const auto& entry : module.named_buffers()) tensors[entry.key()] = entry.value();
  return tensors;
}

/// Fills a network as golden files prescribe: `value(name, shape, k)` gives the tensor that has
/// rank k among all names of the published state dict, `absent` those that the network does not
/// have.
inline void fill_by_rank(
    torch::nn::Module& network, const std::vector<std::string>& absent,
    const std::function<torch::Tensor(const std::string&, const torch::Tensor&, int64_t)>& value) {
  const torch::NoGradGuard no_grad;
  features::StateDict tensors = state_dict_of(network);
  for (const std::string& name : absent) tensors[name] = torch::Tensor();
  int64_t k = 0;
  for (auto& [name, tensor] : tensors) {
    if (tensor.defined() && tensor.is_floating_point()) tensor.copy_(value(name, tensor, k));
    ++k;
  }
}

/// sin(0.37 i + k) over the elements of `like`, float64.
inline torch::Tensor sine_of_rank(const torch::Tensor& like, int64_t k) {
  return torch::sin(0.37 * torch::arange(like.numel(), torch::kFloat64) + static_cast<double>(k))
      .view(like.sizes());
}

inline double fan_in(const torch::Tensor& weight) {
  return static_cast<double>(weight.numel() / weight.size(0));
}

}  // namespace vidqa::testing
