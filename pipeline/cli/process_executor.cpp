#include "pipeline/cli/process_executor.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <list>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "benchmarks/grid.h"
#include "features/atomic_file.h"
#include "pipeline/cli/child_process.h"
#include "pipeline/cli/console.h"
#include "pipeline/cli/experiment_options.h"
#include "pipeline/cli/interrupt.h"

namespace vidqa::cli {
namespace {

namespace fs = std::filesystem;
using benchmarks::PlannedRun;
using Clock = std::chrono::steady_clock;
using State = train::RunFolder::State;

/// A run that a process is at.
struct Job {
  const PlannedRun* run;
  std::string console;
  Clock::time_point start;
  ChildProcess process;
};

/// Lines at the foot of a terminal that are written over again and again.
class StatusLines {
 public:
  StatusLines() : is_terminal_(isatty(STDERR_FILENO) == 1) {}
  ~StatusLines() { clear(); }
  StatusLines(const StatusLines&) = delete;
  StatusLines& operator=(const StatusLines&) = delete;

  void clear() {
    if (drawn_ > 0) fmt::print(stderr, "\033[{}A\r\033[J", drawn_);
    drawn_ = 0;
  }
  void draw(const std::list<Job>& jobs) {
    if (!is_terminal_ || Clock::now() - last_ < std::chrono::seconds(1)) return;
    last_ = Clock::now();
    clear();
    for (const Job& job : jobs) {
      constexpr size_t kWidth = 100;
      const std::string line =
          fmt::format("  {}: {}", job.run->title(), last_line(job.console)).substr(0, kWidth);
      fmt::print(stderr, "{}\n", line);
      ++drawn_;
    }
    std::fflush(stderr);
  }

 private:
  bool is_terminal_;
  int64_t drawn_ = 0;
  Clock::time_point last_;
};

Job start(const PlannedRun& run, const ProcessOptions& options) {
  const train::RunFolder folder(run.folder);
  std::string console = (run.folder / "console.log").string();
  const std::string cell = write_cell(run, options.output, threads_of_a_job(options));
  ChildProcess process({"train", "--config", cell}, console);
  return {&run, std::move(console), Clock::now(), std::move(process)};
}

/// Says how a run ended, and sees to it that its folder says so too.
void finish(const Job& job, const std::string& ending) {
  const double seconds = std::chrono::duration<double>(Clock::now() - job.start).count();
  const train::RunFolder folder(job.run->folder);
  const bool done = ending.empty() && folder.state() == State::kDone;
  if (!done && folder.state() != State::kFailed)
    folder.mark_failed(fmt::format("{}; last words: {}", ending.empty() ? "not done" : ending,
                                   last_line(job.console)));
  say(done ? fmt::format("{}: done in {}", job.run->title(), format_duration(seconds))
           : fmt::format("{}: FAILED: {}", job.run->title(),
                         train::RunFolder::failure_of(job.run->folder)));
}

void stop(std::list<Job>& jobs) {
  for (const Job& job : jobs) job.process.interrupt();
  jobs.clear();  // waits for each
  stop_if_interrupted();
}

void train_all(const std::vector<PlannedRun>& runs, const ProcessOptions& options) {
  std::list<Job> jobs;
  StatusLines lines;
  size_t next = 0;
  while (next < runs.size() || !jobs.empty()) {
    if (is_interrupted()) {
      lines.clear();
      stop(jobs);
    }
    while (next < runs.size() && static_cast<int64_t>(jobs.size()) < options.jobs) {
      lines.clear();
      say(fmt::format("run {} of {}: {}", next + 1, runs.size(), runs[next].title()));
      jobs.push_back(start(runs[next++], options));
    }
    for (auto job = jobs.begin(); job != jobs.end();) {
      const std::optional<std::string> ending = job->process.poll();
      if (!ending) {
        ++job;
        continue;
      }
      lines.clear();
      if (!is_interrupted()) finish(*job, *ending);
      job = jobs.erase(job);
    }
    lines.draw(jobs);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace

int64_t threads_of_a_job(const ProcessOptions& options) {
  const auto processors = static_cast<int64_t>(std::thread::hardware_concurrency());
  const int64_t all = options.threads > 0 ? options.threads : processors;
  return std::max<int64_t>(1, all / std::max<int64_t>(1, options.jobs));
}

std::string write_cell(const PlannedRun& run, const std::string& output, int64_t threads) {
  const fs::path cells = fs::absolute(output) / "cells";
  fs::create_directories(cells);
  const std::string path =
      (cells / fmt::format("{}_seed{}.toml", benchmarks::folder_name(run.name), run.seed)).string();
  features::write_text_atomically(
      path, fmt::format("{}output=\"{}\"\nthreads={}\n", experiment_toml(run.options),
                        fs::absolute(run.folder).lexically_normal().string(), threads));
  return path;
}

benchmarks::RunExecutor train_in_processes(const ProcessOptions& options) {
  return [options](const std::vector<PlannedRun>& runs, benchmarks::ExperimentData& data) {
    data.clear();  // each process reads its own; what is needed for the table is read again
    train_all(runs, options);
  };
}

}  // namespace vidqa::cli
