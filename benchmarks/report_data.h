#pragma once

#include <set>
#include <string>

#include "benchmarks/comparison.h"

namespace vidqa::benchmarks {

/// The question types that any row has a figure for.
std::set<std::string> question_types(const Comparison& comparison);

/// A comparison for programs, figures in full precision (accuracy 0..1).

/// One line a row, RFC 4180: name, kind, baseline, parameters, mean, sd, mean_low, mean_high (of
/// the accuracy over questions), difference, low, high, only_row, only_baseline, test, p, p_holm,
/// detectable_difference, seed_difference, seed_sd, wilcoxon_p, epsilon, seeds_needed,
/// seconds_per_epoch, peak_memory_mb, one column `seed <k>` a run and `type <t>` a question type.
/// Empty where there is no such figure.
std::string to_csv(const Comparison& comparison);

/// Everything that a Comparison holds.
std::string to_json(const Comparison& comparison);

}  // namespace vidqa::benchmarks
