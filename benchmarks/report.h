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

/// The same columns; a difference is bold where its interval excludes 0.
std::string to_markdown(const Comparison& comparison);

/// Writes table.md, and table.csv and table.json (report_data.h), into `folder`, atomically.
void write_tables(const Comparison& comparison, const std::string& folder);

}  // namespace vidqa::benchmarks
