#pragma once

#include <cstdint>
#include <vector>

namespace vidqa::benchmarks {

/// How far the scores `a` (higher is better) are from being stochastically larger than `b`: with
/// quantile functions A(t) and B(t), the share of the squared difference (A - B)^2 over 0 < t < 1
/// where A < B (del Barrio, Cuesta-Albertos & Matran, "An Optimal Transportation Approach for
/// Assessing Almost Stochastic Order", 2018). 0: larger throughout; 1: smaller; 0.5 where
/// the scores are the same. Exact: the quantile functions of samples are steps.
double violation_ratio(std::vector<double> a, std::vector<double> b);

/// Upper confidence bound of the violation ratio, 0..1 (Dror, Shlomov & Reichart, "Deep Dominance",
/// ACL 2019): with scores of runs that differ in nothing but the seed, `a` is almost
/// stochastically larger where the bound is below 0.5, and clearly so below 0.2. The standard
/// deviation comes from `samples` bootstrap samples of both. About five seeds are the least that
/// makes sense. A pure function of its arguments; throws c10::Error without scores.
double almost_stochastic_order(const std::vector<double>& a, const std::vector<double>& b,
                               uint64_t seed, int64_t samples = 1000, double confidence = 0.95);

}  // namespace vidqa::benchmarks
