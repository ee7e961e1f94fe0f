#pragma once

#include <cstdint>

#include "benchmarks/statistics/descriptive.h"

namespace vidqa::benchmarks {

/// Score interval of a proportion without continuity correction (Wilson, "Probable Inference, the
/// Law of Succession, and Statistical Inference", 1927; method 3 of Newcombe, 1998): `share`
/// (0..1) of `n` >= 1 independent questions answered correctly. Stays within 0..1 and has a width
/// at 0 and 1. A mean over seeds is a share like any other: the interval is that of one run.
Interval wilson_interval(double share, int64_t n, double confidence = 0.95);

}  // namespace vidqa::benchmarks
