#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/html_report/report_json.h"

namespace vidqa::benchmarks {

/// The options of `vidqa report` and `vidqa serve`.
struct HtmlReportOptions {
  std::vector<RunSource> sources;  ///< run folders, or folders that hold some
  ReportResultsOptions results;
  std::string title;       ///< empty: the data set
  std::string videos;      ///< folder with the clips of the examples; empty: no frames
  int64_t max_clips = 60;  ///< of which frames are embedded
};

/// A report of all but the results: runs, arms and title, as they are now.
Report read_report(const HtmlReportOptions& options, bool may_be_empty);

/// The page: one HTML file that needs nothing else. `report` and `clips` are those of
/// report_json.h. `live`: it asks for report.json and clips.json beside it from time to time.
std::string report_page(const std::string& title, const std::string& report,
                        const std::string& clips, bool live);

/// What was written, for people.
struct WrittenReport {
  int64_t num_runs = 0;
  int64_t num_finished = 0;
  int64_t num_examples = 0;
  std::vector<std::string> faults;  ///< clips that have no frames, a line each
};

/// Writes the page to `path`, atomically, so that an error leaves what was there. Throws c10::Error
/// on what the parts refuse (report_runs.h, report_arms.h, report_results.h, clip_frames.h).
WrittenReport write_html_report(const HtmlReportOptions& options, const std::string& path);

}  // namespace vidqa::benchmarks
