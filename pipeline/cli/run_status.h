#pragma once

#include <map>
#include <string>
#include <vector>

#include "benchmarks/comparison_runs.h"
#include "benchmarks/table.h"

namespace vidqa::cli {

/// How far the runs of a comparison are, from their folders: new, started, done or failed, the
/// epochs with the last validation, and why it failed. `queue` is what a scheduler says of a run
/// folder (slurm_states()).
benchmarks::Table run_status(const std::vector<benchmarks::PlannedRun>& runs,
                             const std::map<std::string, std::string>& queue);

}  // namespace vidqa::cli
