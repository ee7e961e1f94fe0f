#include "pipeline/cli/output_format.h"

#include <map>

#include <CLI/CLI.hpp>

namespace vidqa::cli {

void bind_output_format(CLI::App& app, OutputFormat& format) {
  static const std::map<std::string, OutputFormat> formats = {{"table", OutputFormat::kTable},
                                                              {"markdown", OutputFormat::kMarkdown},
                                                              {"csv", OutputFormat::kCsv},
                                                              {"json", OutputFormat::kJson}};
  app.add_option_function<std::string>(
         "--format", [&format](const std::string& name) { format = formats.at(name); },
         "table, markdown, csv or json; the last two in full precision")
      ->check(CLI::IsMember({"table", "markdown", "csv", "json"}))
      ->default_str("table");
}

std::string to_text(const benchmarks::FigureTable& table, OutputFormat format) {
  switch (format) {
    case OutputFormat::kTable:
      return benchmarks::to_terminal(table);
    case OutputFormat::kMarkdown:
      return benchmarks::to_markdown(table);
    case OutputFormat::kCsv:
      return benchmarks::to_csv(table);
    case OutputFormat::kJson:
      return benchmarks::to_json(table);
  }
  return "";
}

}  // namespace vidqa::cli
