#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"
#include "pipeline/cli/report_options.h"

namespace vidqa::cli {
namespace {

struct WrittenReportOptions : ReportCommandOptions {
  std::string output;
};

int report(const WrittenReportOptions& options) {
  const benchmarks::WrittenReport written =
      benchmarks::write_html_report(report_options(options), options.output);
  for (const std::string& fault : written.faults) warn(fault);
  fmt::print("{}: {} runs, {} of them finished, {} examples\n", options.output, written.num_runs,
             written.num_finished, written.num_examples);
  return 0;
}

}  // namespace

Command add_report_command(CLI::App& app) {
  auto options = std::make_shared<WrittenReportOptions>();
  CLI::App* command = app.add_subcommand(
      "report", "Runs -> one HTML page: tables, differences, costs, curves, examples");
  bind_report_options(*command, *options);
  command->add_option("-o,--output", options->output, "The page, e.g. report.html")->required();
  command->footer(
      "The page is one file that needs no network. Runs that differ in nothing but the seed are "
      "one arm, called by\nthe options in which the arms differ, or as given. All runs must be "
      "about the same questions.\n\n"
      "Example: vidqa report compare --videos data/videos -o report.html");
  return {command, [options] { return report(*options); }, /*computes=*/false};
}

}  // namespace vidqa::cli
