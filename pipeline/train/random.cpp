#include "pipeline/train/random.h"

#include <limits>
#include <numeric>
#include <utility>

#include <c10/util/Exception.h>

namespace vidqa::train {

uint32_t uniform_below(std::mt19937_64& random, uint32_t n) {
  TORCH_CHECK(n > 0, "uniform_below: n must be at least 1");
  const uint32_t rejected = -n % n;  // 2^32 mod n: below it a draw would favour the small numbers
  uint64_t product;
  do {
    product = (random() >> 32) * n;
  } while (static_cast<uint32_t>(product) < rejected);
  return static_cast<uint32_t>(product >> 32);
}

std::vector<int64_t> random_order(int64_t n, uint64_t seed) {
  TORCH_CHECK(n >= 0 && n <= std::numeric_limits<uint32_t>::max(),
              "random_order: n must be in 0..2^32-1, got ", n);
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 random(seed);
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[uniform_below(random, static_cast<uint32_t>(i))]);
  return order;
}

uint64_t derive_seed(uint64_t seed, uint64_t index) {
  uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace vidqa::train
