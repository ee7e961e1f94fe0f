#pragma once

#include <cstdint>

namespace vidqa::benchmarks {

/// Do two systems answer equally many of the same questions correctly?
struct McNemar {
  int64_t only_a = 0;  ///< answered correctly by a alone
  int64_t only_b = 0;  ///< answered correctly by b alone
  double p = 1;        ///< two-sided
  bool exact = false;
};

/// McNemar, "Note on the sampling error of the difference between correlated proportions", 1947:
/// binomial with probability 1/2 below 25 discordant pairs, else chi-square with Edwards'
/// continuity correction, (|only_a - only_b| - 1)^2 / (only_a + only_b), one degree of freedom.
/// Pairs count as independent.
McNemar mcnemar(int64_t only_a, int64_t only_b);

}  // namespace vidqa::benchmarks
