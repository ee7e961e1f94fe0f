#pragma once

namespace vidqa::fusion::cpu {

/// What signed_sqrt_l2 divides by at least, as torch.nn.functional.normalize does.
inline constexpr double kMinNorm = 1e-12;

}  // namespace vidqa::fusion::cpu
