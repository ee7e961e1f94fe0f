#pragma once

#include <string>

#include "benchmarks/comparison.h"

namespace vidqa::benchmarks {

std::string to_terminal(const Comparison& comparison);  ///< aligned columns
std::string to_markdown(const Comparison& comparison);
std::string to_csv(const Comparison& comparison);
std::string to_json(const Comparison& comparison);

/// Writes table.md, table.csv and table.json into `folder`, atomically.
void write_tables(const Comparison& comparison, const std::string& folder);

}  // namespace vidqa::benchmarks
