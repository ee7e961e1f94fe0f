#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace vidqa::train {

/// Uniform in 0..n-1 (Lemire, "Fast random integer generation in an interval", 2019). The
/// distributions of <random> may differ between standard libraries; std::mt19937_64 and this may
/// not, so a seed means the same run everywhere.
uint32_t uniform_below(std::mt19937_64& random, uint32_t n);

/// A uniformly drawn order of 0..n-1 (Fisher-Yates): a function of `n` and `seed` alone.
std::vector<int64_t> random_order(int64_t n, uint64_t seed);

/// A seed for item `index` of the stream `seed`; neighbouring indices give unrelated seeds
/// (splitmix64).
uint64_t derive_seed(uint64_t seed, uint64_t index);

}  // namespace vidqa::train
