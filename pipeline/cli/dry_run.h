#pragma once

#include <string>

#include "benchmarks/comparison_runs.h"

namespace vidqa::cli {

/// Every arm that `vidqa compare` would train with what its runs will cost, and how that was worked
/// out. Data is read where the options name its folder; else the sizes are those that are published
/// for the data set. Nothing is written.
std::string dry_run(const benchmarks::ComparisonOptions& options);

}  // namespace vidqa::cli
