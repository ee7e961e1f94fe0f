#pragma once

namespace vidqa::features {

enum class Precision {
  kFloat32,
  kBfloat16,  ///< weights and activations; sums in float32
};

/// Whether this processor multiplies bfloat16 by itself (AVX-512 BF16). Elsewhere it is emulated,
/// slower than float32.
bool has_bfloat16();

}  // namespace vidqa::features
