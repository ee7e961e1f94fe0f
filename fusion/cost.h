#pragma once

#include <cstdint>

#include "fusion/fusion.h"

namespace vidqa::fusion {

/// Arithmetic of the cost model (Cost in fusion.h), for the operators' `cost()`.

inline constexpr double kBytesPerValue = 4;  // float32

/// Multiplications of a linear layer, a row.
inline double linear_multiply_adds(double in, double out) { return in * out; }

/// Values that Torch's dropout keeps: its mask, and its result for what comes next.
inline double dropout_values(double p, double width) { return p > 0 ? 2 * width : 0; }

/// Values that a dropout at the end keeps: its mask and the output; without it the output alone.
inline double output_values(double p, double width) { return p > 0 ? 2 * width : width; }

}  // namespace vidqa::fusion
