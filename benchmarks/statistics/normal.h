#pragma once

namespace vidqa::benchmarks {

/// z with P(Z <= z) = p for a standard normal Z; 0 < p < 1. normal_quantile(0.975) = 1.96.
double normal_quantile(double p);

}  // namespace vidqa::benchmarks
