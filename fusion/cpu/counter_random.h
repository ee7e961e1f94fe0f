#pragma once

#include <cstdint>

#include "fusion/cpu/multiarch.h"

namespace vidqa::fusion::cpu {

/// Threefry-4x32, the counter-based generator of Salmon et al., "Parallel random numbers: as easy
/// as 1, 2, 3", SC 2011: words of a counter and a key go through rounds of additions, rotations and
/// exclusive ors, so any element of the stream is computed without those before it, the same on
/// every processor and for any number of threads. 12 rounds are the fewest that passed all tests
/// there; 20 are the authors' default.
inline constexpr int kThreefryRounds = 12;

VIDQA_INLINE uint32_t rotate_left(uint32_t x, int bits) { return (x << bits) | (x >> (32 - bits)); }

/// x0..x3: a counter in, random words out.
template <int kRounds>
VIDQA_INLINE void threefry(const uint32_t (&key)[4], uint32_t& x0, uint32_t& x1, uint32_t& x2,
                           uint32_t& x3) {
  constexpr int kRotations[8][2] = {{10, 26}, {11, 21}, {13, 27}, {23, 5},
                                    {6, 20},  {17, 11}, {25, 10}, {18, 20}};
  const uint32_t keys[5] = {key[0], key[1], key[2], key[3],
                            key[0] ^ key[1] ^ key[2] ^ key[3] ^ 0x1BD11BDAU};
  x0 += keys[0];
  x1 += keys[1];
  x2 += keys[2];
  x3 += keys[3];
#pragma GCC unroll 20
  for (int round = 0; round < kRounds; ++round) {
    const int* rotation = kRotations[round % 8];
    if (round % 2 == 0) {
      x0 += x1;
      x1 = rotate_left(x1, rotation[0]) ^ x0;
      x2 += x3;
      x3 = rotate_left(x3, rotation[1]) ^ x2;
    } else {
      x0 += x3;
      x3 = rotate_left(x3, rotation[0]) ^ x0;
      x2 += x1;
      x1 = rotate_left(x1, rotation[1]) ^ x2;
    }
    if (round % 4 == 3) {
      const int injection = round / 4 + 1;
      x0 += keys[injection % 5];
      x1 += keys[(injection + 1) % 5];
      x2 += keys[(injection + 2) % 5];
      x3 += keys[(injection + 3) % 5] + static_cast<uint32_t>(injection);
    }
  }
}

/// Counters whose words are computed together, and the words that they give.
inline constexpr int kRandomLanes = 16;
inline constexpr int kRandomTile = 4 * kRandomLanes;

/// words[16 w + lane] = word w of counter (16 tile + lane, row, stream), each uniform in 0..2^32-1.
VIDQA_INLINE void random_tile(uint64_t key, uint32_t stream, uint64_t row, uint32_t tile,
                              uint32_t* words) {
  const uint32_t keys[4] = {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32), 0, 0};
#pragma omp simd
  for (int lane = 0; lane < kRandomLanes; ++lane) {
    uint32_t x0 = tile * kRandomLanes + static_cast<uint32_t>(lane);
    uint32_t x1 = static_cast<uint32_t>(row);
    uint32_t x2 = static_cast<uint32_t>(row >> 32);
    uint32_t x3 = stream;
    threefry<kThreefryRounds>(keys, x0, x1, x2, x3);
    words[lane] = x0;
    words[kRandomLanes + lane] = x1;
    words[2 * kRandomLanes + lane] = x2;
    words[3 * kRandomLanes + lane] = x3;
  }
}

}  // namespace vidqa::fusion::cpu
