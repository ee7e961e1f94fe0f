#pragma once

#include <cstdint>
#include <string>

#include "benchmarks/comparison.h"

namespace vidqa::cli {

struct ProcessOptions {
  int64_t jobs = 2;     ///< processes at once
  int64_t threads = 0;  ///< of all together; 0: one a processor
  std::string output;   ///< of the comparison
};

/// Threads of each process: an equal share, at least one.
int64_t threads_of_a_job(const ProcessOptions& options);

/// File for `vidqa train --config` that trains a run in its folder; written to
/// <output>/cells/<arm>_seed<k>.toml. Returns its path.
std::string write_cell(const benchmarks::PlannedRun& run, const std::string& output,
                       int64_t threads);

/// Several runs at once, each `vidqa train --config <cell>` in a process of its own, which says
/// what it says in console.log of the run folder. A line a process shows where it is when stderr is
/// a terminal; begins and ends are said in any case. A process that ends without leaving DONE or
/// FAILED gets FAILED with its last words. An interruption reaches all of them, and is thrown when
/// they have stopped.
benchmarks::RunExecutor train_in_processes(const ProcessOptions& options);

}  // namespace vidqa::cli
