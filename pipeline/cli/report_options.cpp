#include "pipeline/cli/report_options.h"

#include <CLI/CLI.hpp>

namespace vidqa::cli {

void bind_report_options(CLI::App& app, ReportCommandOptions& options) {
  benchmarks::HtmlReportOptions& report = options.report;
  app.add_option("RUNS", options.runs,
                 "Run folders, output folders of `vidqa compare`, or folders of such; [NAME=]PATH "
                 "each")
      ->required()
      ->expected(1, -1);
  app.add_option("--baseline", report.results.baseline,
                 "The arm that others differ from; default: the comparison's, or the first");
  app.add_option("--split", report.results.split, "Predictions that are compared: test or val")
      ->capture_default_str()
      ->check(CLI::IsMember({"test", "val"}));
  app.add_option("--title", report.title, "Heading of the page; default: the data set");
  app.add_option("--examples", report.results.max_examples,
                 "Questions at most in the browser of examples")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--videos", report.videos,
                 "Folder of the clips, of which frames are then shown with the examples");
  app.add_option("--clips", report.max_clips, "Clips at most of which frames are embedded")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--bootstrap-samples", report.results.bootstrap_samples,
                 "Resamples of the questions behind an interval")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", report.results.seed, "Of the bootstrap")->capture_default_str();
}

benchmarks::HtmlReportOptions report_options(const ReportCommandOptions& options) {
  benchmarks::HtmlReportOptions report = options.report;
  for (const std::string& run : options.runs)
    report.sources.push_back(benchmarks::parse_run_source(run));
  return report;
}

}  // namespace vidqa::cli
