#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <utility>
#include <vector>

namespace vidqa::benchmarks {

/// Integers that depend on a key alone, on every platform: the generator and its seeding are fixed
/// by the C++ standard, and the distributions, which are not, are not used.
class SeededRandom {
 public:
  /// Different keys, e.g. {seed, purpose, index}, give unrelated sequences.
  explicit SeededRandom(std::initializer_list<uint64_t> key);

  /// Uniform over 0 .. bound - 1; `bound` >= 1.
  uint64_t below(uint64_t bound);

  template <typename T>
  void shuffle(std::vector<T>& values) {
    for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  std::mt19937_64 generator_;
};

}  // namespace vidqa::benchmarks
