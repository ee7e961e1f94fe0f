#include "pipeline/cli/dry_run.h"

#include <fmt/format.h>

#include "benchmarks/run_estimate.h"
#include "benchmarks/table.h"
#include "benchmarks/typical_data.h"
#include "pipeline/cli/console.h"

namespace vidqa::cli {
namespace {

using benchmarks::PlannedRun;
using benchmarks::RunEstimate;
using benchmarks::TypicalData;

TypicalData sizes_for(const PlannedRun& run, benchmarks::ExperimentData& data) {
  if (run.options.data.root.empty()) return benchmarks::typical_data(run.options.dataset);
  return benchmarks::typical_data(run.options, data.of(run.options));
}

/// "3:25:07", or in days where it is long.
std::string roughly(double seconds) {
  constexpr double kDay = 24 * 3600;
  return seconds < 2 * kDay ? format_duration(seconds) : fmt::format("{:.0f} days", seconds / kDay);
}

std::vector<std::string> row_of(const PlannedRun& run, int64_t num_seeds,
                                const RunEstimate& estimate, double seconds) {
  if (!estimate.problem.empty())
    return {run.name, std::to_string(num_seeds), "-", "-", "-", "-", "-", "cannot be built"};
  return {run.name,
          std::to_string(num_seeds),
          benchmarks::grouped(estimate.parameters),
          benchmarks::grouped(static_cast<int64_t>(estimate.memory_mb)),
          fmt::format("{:.3g}", estimate.multiply_adds / 1e6),
          roughly(estimate.seconds_per_epoch),
          std::to_string(run.options.train.epochs),
          roughly(seconds) + (estimate.is_measured ? " (measured)" : "")};
}

}  // namespace

DryRun dry_run(const benchmarks::ComparisonOptions& options) {
  const std::vector<PlannedRun> runs = benchmarks::plan_runs(options);
  const double rate = benchmarks::measure_multiply_adds_per_second();
  benchmarks::ExperimentData data;
  benchmarks::Table table;
  table.headings = {"runs",       "seeds",  "parameters", "memory MiB", "M multiply-adds",
                    "time/epoch", "epochs", "time"};
  std::string problems;
  double all_seconds = 0;
  for (size_t i = 0; i < runs.size(); i += static_cast<size_t>(options.num_seeds)) {
    const PlannedRun& run = runs[i];
    const RunEstimate estimate = benchmarks::estimate_run(run, sizes_for(run, data), rate);
    const double seconds = estimate.seconds_per_epoch *
                           static_cast<double>(run.options.train.epochs * options.num_seeds);
    all_seconds += seconds;
    table.rows.push_back(row_of(run, options.num_seeds, estimate, seconds));
    if (!estimate.problem.empty())
      problems += fmt::format("{} cannot be built here: {}\n", run.name, estimate.problem);
  }
  const PlannedRun& first = runs.front();
  const bool has_data = !first.options.data.root.empty();
  std::string text = fmt::format(
      "{}: {} runs, {} altogether at most\n\n{}\n{}"
      "memory: weights, gradients and two moments of the optimiser; activations and data come on "
      "top\n"
      "time: cost model, three forward passes for a training question and one for a validation "
      "question, at the speed of a matrix product on this machine ({:.0f} G multiply-adds/s); a "
      "guide: kernels that share work are faster, small steps slower. (measured): as runs took "
      "that "
      "are done\n"
      "sizes: {}\n",
      first.options.dataset, runs.size(), roughly(all_seconds), benchmarks::to_terminal(table),
      problems, rate / 1e9,
      has_data ? "of the data in " + first.options.data.root
               : "as published for the data set, since no --data is given");
  return {std::move(text), problems.empty()};
}

}  // namespace vidqa::cli
