#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "benchmarks/html_report/html_report.h"

namespace vidqa::cli {

/// What `vidqa report` and `vidqa serve` have in common.
struct ReportCommandOptions {
  std::vector<std::string> runs;
  benchmarks::HtmlReportOptions report;
};

void bind_report_options(CLI::App& app, ReportCommandOptions& options);

/// The options with the runs as sources.
benchmarks::HtmlReportOptions report_options(const ReportCommandOptions& options);

}  // namespace vidqa::cli
