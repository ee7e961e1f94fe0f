#pragma once

#include <string>

#include "benchmarks/comparison.h"

namespace vidqa::benchmarks {

/// Accuracy stands in percent with one decimal and differences in percentage points; MSE with two
/// decimals. "-" stands where there is no such figure, "failed" where no run of the row came to its
/// end.

std::string to_terminal(const Comparison& comparison);  ///< aligned columns

/// The same columns; a difference is bold where its interval excludes 0.
std::string to_markdown(const Comparison& comparison);

/// One line a row, RFC 4180, figures in full precision (accuracy 0..1): name, kind, baseline,
/// parameters, mean, sd, difference, low, high, seconds_per_epoch, peak_memory_mb, one column `seed
/// <k>` a run and `type <t>` a question type. Empty where there is no such figure.
std::string to_csv(const Comparison& comparison);

/// Everything that a Comparison holds.
std::string to_json(const Comparison& comparison);

/// Writes table.md, table.csv and table.json into `folder`, atomically.
void write_tables(const Comparison& comparison, const std::string& folder);

}  // namespace vidqa::benchmarks
