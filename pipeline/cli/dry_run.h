#pragma once

#include <string>

#include "benchmarks/comparison_runs.h"

namespace vidqa::cli {

struct DryRun {
  std::string text;
  bool can_be_built = true;  ///< every arm
};

/// Every arm that `vidqa compare` would train with what its runs will cost, and how that was worked
/// out. Data is read where the options name its folder; else the sizes are those that are published
/// for the data set. Nothing is written.
DryRun dry_run(const benchmarks::ComparisonOptions& options);

}  // namespace vidqa::cli
