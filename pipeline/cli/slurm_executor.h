#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/comparison_runs.h"

namespace vidqa::cli {

struct SlurmOptions {
  std::string output;  ///< of the comparison
  std::string sbatch;  ///< further options of sbatch, separated by blanks
  int64_t jobs = 0;    ///< array tasks at once; 0: as many as the cluster gives
  std::string recipe;  ///< file of the comparison, for the job that makes the table
  int64_t bootstrap_samples = 10000;
};

/// Numbers of jobs that were submitted.
struct SlurmJobs {
  std::string runs;   ///< of the array
  std::string table;  ///< of the table, which waits for it
};

/// Submits runs to a Slurm cluster: a job array of `vidqa train --config <cell>`, and a job that
/// makes the table once every task has ended, however it did. The scripts stay in <output>/slurm,
/// with what the tasks say. How far they are shows in the run folders; a task that was killed goes
/// on when the same comparison is submitted again. Throws std::runtime_error with what sbatch said
/// when it refuses, and when an earlier array of this folder is still in the queue.
SlurmJobs submit_to_slurm(const std::vector<benchmarks::PlannedRun>& runs,
                          const SlurmOptions& options);

/// What squeue says of the runs of <output>'s last array, by run folder: "PENDING", "RUNNING", ...
/// Empty where there is none in the queue, or no squeue.
std::map<std::string, std::string> slurm_states(const std::string& output);

}  // namespace vidqa::cli
