#include "benchmarks/html_report/html_report.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "benchmarks/html_report/page_files.h"
#include "features/atomic_file.h"

namespace vidqa::benchmarks {
namespace {

std::string now() {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::chrono::system_clock::now()));
}

std::string html_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else
      escaped += c;
  }
  return escaped;
}

/// `page` with the text of every marker `<!--name-->` in its place. Texts are not searched for
/// markers, so they may hold anything.
std::string filled(std::string_view page,
                   const std::vector<std::pair<std::string, std::string_view>>& texts) {
  std::string result;
  size_t at = 0;
  for (const auto& [name, text] : texts) {
    const std::string marker = "<!--" + name + "-->";
    const size_t found = page.find(marker, at);
    TORCH_CHECK(found != std::string_view::npos, "report: the page has no marker ", marker);
    result.append(page.substr(at, found - at)).append(text);
    at = found + marker.size();
  }
  return result.append(page.substr(at));
}

}  // namespace

Report read_report(const HtmlReportOptions& options, bool may_be_empty) {
  Report report;
  report.split = options.results.split;
  report.has_videos = !options.videos.empty();
  for (const RunSource& folder : find_run_folders(options.sources, may_be_empty))
    report.runs.push_back(read_report_run(folder));
  report.arms = arms_of(report.runs);
  report.title = options.title;
  if (report.title.empty())
    report.title = report.runs.empty() ? "vidqa" : report.runs.front().options.at("dataset");
  return report;
}

std::string report_page(const std::string& title, const std::string& report,
                        const std::string& clips, bool live) {
  return filled(page_html(), {{"title", html_text(title)},
                              {"styles", page_styles()},
                              {"report", report},
                              {"clips", clips},
                              {"live", live ? "true" : "false"},
                              {"charts", chart_js()},
                              {"scripts", page_scripts()}});
}

WrittenReport write_html_report(const HtmlReportOptions& options, const std::string& path) {
  ClipLibrary clips(options.videos);
  Report report = read_report(options, /*may_be_empty=*/false);
  report.made = now();
  report.results = results_of_runs(options.sources, report.runs, report.arms, options.results);
  const std::string clips_text = clips_json(report, clips, options.max_clips);
  features::write_text_atomically(
      path, report_page(report.title, report_json(report), clips_text, /*live=*/false));
  WrittenReport written;
  written.num_runs = static_cast<int64_t>(report.runs.size());
  written.num_finished = std::count_if(report.runs.begin(), report.runs.end(),
                                       [](const ReportRun& run) { return run.is_done(); });
  if (report.results) written.num_examples = static_cast<int64_t>(report.results->examples.size());
  written.faults = clips.faults();
  return written;
}

}  // namespace vidqa::benchmarks
