#pragma once

#include <cstdint>

namespace vidqa::benchmarks {

/// The smallest true difference that a two-sided test at level `alpha` finds with probability
/// `power`, given the standard error of the difference on these questions: (z(1 - alpha / 2) +
/// z(power)) times it, 2.8 times by default (Bloom, "Minimum Detectable Effects", 1995).
double detectable_difference(double standard_error, double alpha = 0.05, double power = 0.8);

/// The number of seeds, at least 2, with which a two-sided paired t test of the figures seed by
/// seed finds a true mean `difference` (not 0) with probability `power`, when the differences have
/// standard deviation `sd` over seeds: noncentral t (Cohen, "Statistical Power Analysis for the
/// Behavioral Sciences", 1988, ch. 2).
int64_t seeds_needed(double difference, double sd, double alpha = 0.05, double power = 0.8);

}  // namespace vidqa::benchmarks
