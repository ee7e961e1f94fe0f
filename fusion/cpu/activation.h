#pragma once

namespace vidqa::fusion {

/// By the names of torch.nn.functional; leaky_relu has slope 0.01 below 0.
enum class Activation { kNone, kRelu, kLeakyRelu, kElu, kSelu, kGelu, kSoftplus, kSigmoid, kTanh };

namespace cpu {

inline constexpr double kLeakySlope = 0.01;

/// Those whose derivative is a function of their value, which is all that the kernels keep.
constexpr bool has_kernel(Activation activation) {
  return activation == Activation::kNone || activation == Activation::kRelu ||
         activation == Activation::kLeakyRelu || activation == Activation::kSigmoid ||
         activation == Activation::kTanh;
}

}  // namespace cpu
}  // namespace vidqa::fusion
