#pragma once

#include <string>

#include <torch/types.h>

namespace vidqa::features {

/// float32 -> float16, rounded to nearest. Throws c10::Error that names `who`, the number of values
/// and the largest when one is beyond 65504, the largest half: it would become infinite.
torch::Tensor to_half(const torch::Tensor& values, const std::string& who);

}  // namespace vidqa::features
