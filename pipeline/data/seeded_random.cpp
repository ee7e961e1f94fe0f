#include "pipeline/data/seeded_random.h"

namespace vidqa::data {
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
  using Wide = unsigned __int128;
  Wide product = Wide{generator_()} * bound;
  if (static_cast<uint64_t>(product) < bound) {
    const uint64_t rejected =
        -bound % bound;  // 2^64 mod bound: lower halves below it would favour some results
    while (static_cast<uint64_t>(product) < rejected) product = Wide{generator_()} * bound;
  }
  return static_cast<uint64_t>(product >> 64);
}

}  // namespace vidqa::data
