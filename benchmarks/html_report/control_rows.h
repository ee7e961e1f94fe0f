#pragma once

#include <optional>
#include <string>
#include <vector>

#include "benchmarks/comparison_row.h"
#include "benchmarks/run_results.h"

namespace vidqa::benchmarks {

/// What a comparison's table.json knows that its run folders do not.
struct ComparisonTable {
  std::string dataset;
  int64_t num_questions = 0;
  std::string baseline;                 ///< name of the row
  std::vector<ComparisonRow> controls;  ///< chance and most frequent: their values, means by type
                                        ///< and differences to `baseline`
};

/// The table.json of the first of `sources` that has one. Throws c10::Error naming a file that is
/// no such table.
std::optional<ComparisonTable> find_comparison_table(const std::vector<RunSource>& sources);

}  // namespace vidqa::benchmarks
