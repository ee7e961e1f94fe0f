#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "benchmarks/table.h"

namespace vidqa::benchmarks::speed {

/// Milliseconds that each of several pieces of work takes, in turn, A B C A B C ...: what the
/// machine does meanwhile strikes all of them alike, so ratios hold where times do not.
class Rotation {
 public:
  /// `works[0]` is ours; an empty one is left out. The first round is not counted.
  explicit Rotation(std::vector<std::function<void()>> works) : works_(std::move(works)) {}

  /// Runs rounds until `budget_seconds` are spent, at least `fewest` of them.
  void run(double budget_seconds, int fewest);

  /// Median over rounds; 0 for a work that is empty.
  double milliseconds(size_t work) const;
  /// Median over rounds of one work's time over another's.
  double ratio(size_t work, size_t other) const;
  int64_t rounds() const { return static_cast<int64_t>(times_.size()); }

 private:
  std::vector<std::function<void()>> works_;
  std::vector<std::vector<double>> times_;  ///< by round, by work
};

/// 1 and, where there are more, all of the machine's.
std::vector<int64_t> thread_counts();

/// A benchmark that runs once and sets its own time.
void add_case(const std::string& name, std::function<void(benchmark::State&)> run);

/// Names work for resident_megabytes(); before run().
void add_resident_work(const std::string& name, std::function<void()> work);

/// Megabytes of memory that a process which does this work, and nothing else, holds at most
/// (resident; its libraries included): what the operating system bills for it.
double resident_megabytes(const std::string& name);

/// main() of a speed program: an environment without settings that slow the machine down, Google
/// Benchmark's options, and after its lines `table()` in Markdown with what the numbers depend on:
/// machine, threads, BLAS and its kernel, date, commit, command.
int run(int argc, char** argv, const std::string& title, const std::function<Table()>& table);

}  // namespace vidqa::benchmarks::speed
