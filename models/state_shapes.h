#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <torch/types.h>

namespace vidqa::models {

/// Size along `axis` of the tensor `name` of a state dict. Throws c10::Error naming `model` and the
/// tensor when it is missing or has too few axes.
int64_t published_size(const std::map<std::string, torch::Tensor>& state, const std::string& model,
                       const std::string& name, int64_t axis);

}  // namespace vidqa::models
