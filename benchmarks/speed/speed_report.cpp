#include "benchmarks/speed/speed_report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/train/environment.h"
#include "pipeline/train/process_setup.h"

namespace vidqa::benchmarks::speed {
namespace {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// First line that a command prints.
std::string output_of(const char* command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command, "r"), pclose);
  std::array<char, 256> line{};
  if (pipe == nullptr || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return "";
  std::string text = line.data();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string commit() {
  const std::string hash = output_of("git rev-parse --short HEAD 2>/dev/null");
  if (hash.empty()) return "unknown";
  return output_of("git status --porcelain --untracked-files=no 2>/dev/null").empty()
             ? hash
             : hash + " with changes";
}

constexpr const char* kResidentOption = "--resident-work";

std::map<std::string, std::function<void()>>& resident_works() {
  static std::map<std::string, std::function<void()>> works;
  return works;
}

}  // namespace

void Rotation::run(double budget_seconds, int fewest) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  for (const auto& work : works_) {
    if (work) work();
  }
  const Clock::time_point start = Clock::now();
  while (rounds() < fewest || seconds_since(start) < budget_seconds) {
    std::vector<double>& times = times_.emplace_back();
    for (const auto& work : works_) {
      const Clock::time_point begin = Clock::now();
      if (work) work();
      times.push_back(work ? 1e3 * seconds_since(begin) : 0);
    }
  }
}

double Rotation::milliseconds(size_t work) const {
  std::vector<double> values;
  for (const std::vector<double>& times : times_) values.push_back(times[work]);
  return median(values);
}

double Rotation::ratio(size_t work, size_t other) const {
  if (!works_[work] || !works_[other]) return 0;
  std::vector<double> values;
  for (const std::vector<double>& times : times_) values.push_back(times[work] / times[other]);
  return median(values);
}

std::vector<int64_t> thread_counts() {
  const auto all = static_cast<int64_t>(train::probe_environment().hardware_threads);
  return all > 1 ? std::vector<int64_t>{1, all} : std::vector<int64_t>{1};
}

void add_case(const std::string& name, std::function<void(benchmark::State&)> run) {
  benchmark::RegisterBenchmark(name.c_str(), std::move(run))
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}

void add_resident_work(const std::string& name, std::function<void()> work) {
  resident_works()[name] = std::move(work);
}

double resident_megabytes(const std::string& name) {
  const pid_t child = fork();
  TORCH_CHECK(child >= 0, name, ": no process of its own could be started");
  if (child == 0) {
    execl("/proc/self/exe", "speed", kResidentOption, name.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  TORCH_CHECK(
      wait4(child, &status, 0, &usage) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
      name, ": the process that measures memory failed");
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

int run(int argc, char** argv, const std::string& title, const std::function<Table()>& table) {
  train::restart_with_tuned_environment(argv, train::PresetBlas::kIgnore);
  for (const std::string& warning : train::prepare_computing(0))
    fmt::print(stderr, "warning: {}\n", warning);
  if (argc == 3 && std::string(argv[1]) == kResidentOption) {
    resident_works().at(argv[2])();
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  const train::Environment environment = train::probe_environment();
  fmt::print("\n## {}\n\n", title);
  fmt::print(
      "{}, {} threads at most; LibTorch {}; {} (kernel {}), {:.0f} GFLOP/s for a float32 "
      "product on all threads; {}; commit {}.\n\n",
      environment.cpu, environment.hardware_threads, environment.torch_version, environment.blas,
      environment.blas_kernel, train::measure_gemm_gflops(), environment.date, commit());
  fmt::print("{}", to_markdown(table()));
  return 0;
}

}  // namespace vidqa::benchmarks::speed
