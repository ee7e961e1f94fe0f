#pragma once

#include <string>

#include "benchmarks/comparison.h"

namespace vidqa::benchmarks {

/// A comparison for people. Accuracy stands in percent and differences in percentage points, with
/// one decimal, or two above a thousand questions, so that one question shows; MSE with two
/// decimals. Columns that no row has a figure for are left out. "-" stands where there is no such
/// figure, "failed" where no run of the row came to its end. With several seeds a second table
/// gives the tests over seeds.

std::string to_terminal(const Comparison& comparison);  ///< aligned columns

/// The same columns. A difference is bold where it is significant: p below 0.05 after Holm's
/// correction. (In a terminal a star follows it.)
std::string to_markdown(const Comparison& comparison);

/// The same table for a paper (booktabs), after comments that say how to read it.
std::string to_latex(const Comparison& comparison);

/// Writes table.md and table.tex, and table.csv and table.json (report_data.h), into `folder`,
/// atomically.
void write_tables(const Comparison& comparison, const std::string& folder);

}  // namespace vidqa::benchmarks
