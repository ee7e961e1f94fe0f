#include "benchmarks/html_report/live_report.h"

#include <filesystem>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;

/// Time and size of a file; of one that is not there, its absence.
std::string file_state(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return path.string() + " -\n";
  const auto time = fs::last_write_time(path, error).time_since_epoch().count();
  return fmt::format("{} {} {}\n", path.string(), size, time);
}

/// Changes with everything that a report is made of.
std::string state_of(const HtmlReportOptions& options) {
  std::string state;
  for (const RunSource& source : options.sources)
    state += file_state(fs::path(source.path) / "table.json");
  for (const RunSource& source : find_run_folders(options.sources, /*may_be_empty=*/true)) {
    const train::RunFolder run = train::RunFolder::open_to_read(source.path);
    for (const std::string& path :
         {run.config_toml(), run.metrics_csv(), run.summary_json(),
          run.predictions(options.results.split), (run.path() / "DONE").string(),
          (run.path() / "FAILED").string()})
      state += file_state(path);
  }
  return state;
}

/// Changes with everything that the results are made of.
std::string state_of_results(const HtmlReportOptions& options, const Report& report) {
  std::string state;
  for (const RunSource& source : options.sources)
    state += file_state(fs::path(source.path) / "table.json");
  for (const ReportArm& arm : report.arms) {
    state += arm.name + '\n';
    for (const size_t place : arm.runs) {
      const ReportRun& run = report.runs[place];
      if (run.is_done())
        state += file_state(
            train::RunFolder::open_to_read(run.folder).predictions(options.results.split));
    }
  }
  return state;
}

std::string reason_of(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  return torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
}

/// "0/runs/mfb/seed1": the number of the source, and the folder below it.
std::string served_path(const std::vector<RunSource>& sources, const std::string& folder) {
  for (size_t i = 0; i < sources.size(); ++i) {
    const fs::path below = fs::path(folder).lexically_relative(sources[i].path);
    if (below.empty() || *below.begin() == "..") continue;
    return below == "." ? std::to_string(i) : fmt::format("{}/{}", i, below.string());
  }
  return "";
}

}  // namespace

LiveReport::LiveReport(const HtmlReportOptions& options)
    : options_(options), clips_(options.videos) {
  find_run_folders(options.sources, /*may_be_empty=*/true);
  report_.title = options.title.empty() ? "vidqa" : options.title;
  json_ = report_json(report_);
}

void LiveReport::update() {
  try {
    const std::string seen = state_of(options_);
    if (seen == seen_) return;  // with the error, if there was one
    seen_ = seen;
    Report report = read_report(options_, /*may_be_empty=*/true);
    for (ReportRun& run : report.runs) run.served_as = served_path(options_.sources, run.folder);
    const std::string seen_results = state_of_results(options_, report);
    if (seen_results != seen_results_) {
      results_ = results_of_runs(options_.sources, report.runs, report.arms, options_.results);
      seen_results_ = seen_results;
    }
    report.results = results_;
    report_ = std::move(report);
    json_ = report_json(report_);
    error_.clear();
  } catch (const std::exception& error) {  // said by the page, which keeps what it had
    error_ = reason_of(error);
  }
}

std::string LiveReport::page() {
  const std::lock_guard lock(mutex_);
  update();
  return report_page(report_.title, json_, clips_json(report_, clips_, options_.max_clips),
                     /*live=*/true);
}

std::string LiveReport::report() {
  const std::lock_guard lock(mutex_);
  update();
  if (error_.empty()) return json_;
  return nlohmann::json{{"error", error_}}.dump(-1, ' ', true,
                                                nlohmann::json::error_handler_t::replace);
}

std::string LiveReport::clips() {
  const std::lock_guard lock(mutex_);
  update();
  return clips_json(report_, clips_, options_.max_clips);
}

}  // namespace vidqa::benchmarks
