#pragma once

#include <mutex>
#include <string>

#include "benchmarks/html_report/html_report.h"

namespace vidqa::benchmarks {

/// A report on runs that go on: read again whenever a file of a run has changed, its statistics
/// only when a run has finished. Writes nothing. Safe to be called from several threads.
class LiveReport {
 public:
  /// Throws c10::Error naming a source that is no folder, and what ClipLibrary throws.
  explicit LiveReport(const HtmlReportOptions& options);

  /// The whole page, live.
  std::string page();
  /// As report_json(), or {"error": one line} where the runs cannot be reported on as they are now.
  std::string report();
  std::string clips();  ///< as clips_json()

 private:
  void update();

  HtmlReportOptions options_;
  std::mutex mutex_;
  ClipLibrary clips_;
  std::string seen_;          // what the files were like when they were last read
  std::string seen_results_;  // and those that `results_` came from
  std::optional<ReportResults> results_;
  Report report_;
  std::string json_;
  std::string error_;
};

}  // namespace vidqa::benchmarks
