#pragma once

#include <vector>

namespace vidqa::benchmarks {

/// p values, in their order, corrected for their number so that the chance of any false alarm among
/// them stays below the level (Holm, "A Simple Sequentially Rejective Multiple Test Procedure",
/// 1979): the i-th smallest of m times m - i + 1, made monotone, at most 1.
std::vector<double> holm(const std::vector<double>& p_values);

}  // namespace vidqa::benchmarks
