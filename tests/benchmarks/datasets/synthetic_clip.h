#pragma once

#include <cstdint>

namespace vidqa::benchmarks {

/// Frames of the synthetic clips of these tests: four seconds.
inline constexpr int64_t kFrames = 32;

}  // namespace vidqa::benchmarks
