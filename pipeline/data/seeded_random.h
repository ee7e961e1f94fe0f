#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <utility>
#include <vector>

namespace vidqa::data {

/// Integers that depend on a key alone, on every platform: the generator and its seeding are fixed
/// by the C++ standard, and the distributions of <random>, which are not, are not used. The one
/// source of randomness outside LibTorch.
class SeededRandom {
 public:
  /// Different keys, e.g. {seed, purpose, index}, give unrelated sequences.
  explicit SeededRandom(std::initializer_list<uint64_t> key);

  /// 64 random bits, e.g. a seed for LibTorch.
  uint64_t bits() { return generator_(); }

  /// Uniform over 0 .. bound - 1 (Lemire, "Fast random integer generation in an interval", 2019);
  /// `bound` >= 1.
  uint64_t below(uint64_t bound);

  /// A uniformly drawn order (Fisher-Yates).
  template <typename T>
  void shuffle(std::vector<T>& values) {
    for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  std::mt19937_64 generator_;
};

}  // namespace vidqa::data
