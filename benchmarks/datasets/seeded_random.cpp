#include "benchmarks/datasets/seeded_random.h"

namespace vidqa::benchmarks {
namespace {

std::mt19937_64 seeded(std::initializer_list<uint64_t> key) {
  std::vector<uint32_t> halves;  // std::seed_seq reads 32 bits of each value
  for (const uint64_t part : key) {
    halves.push_back(static_cast<uint32_t>(part));
    halves.push_back(static_cast<uint32_t>(part >> 32));
  }
  std::seed_seq sequence(halves.begin(), halves.end());
  return std::mt19937_64(sequence);
}

}  // namespace

SeededRandom::SeededRandom(std::initializer_list<uint64_t> key) : generator_(seeded(key)) {}

uint64_t SeededRandom::below(uint64_t bound) {
  const uint64_t excess =
      (UINT64_MAX % bound + 1) % bound;  // values at the top that would favour small results
  uint64_t value = generator_();
  while (value > UINT64_MAX - excess) value = generator_();
  return value % bound;
}

}  // namespace vidqa::benchmarks
