#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "benchmarks/table.h"
#include "fusion/fusion.h"
#include "fusion/option_checks.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/output_format.h"

namespace vidqa::cli {
namespace {

struct FusionsCommandOptions {
  fusion::FusionDims dims{300, 300, 750};  // TVQA as in arXiv 2012.10285
  std::string fusions;                     ///< empty: every row of the table
  OutputFormat format = OutputFormat::kTable;
};

struct Row {
  std::string spec;
  const fusion::FusionEntry* entry;
  fusion::Cost cost;
};

std::string granularity_name(fusion::Granularity granularity) {
  return granularity == fusion::Granularity::kVector ? "vector" : "sequence";
}

std::vector<Row> rows_of(const FusionsCommandOptions& options) {
  std::vector<std::string> specs;
  if (options.fusions.empty()) {
    for (const fusion::FusionEntry& entry : fusion::fusion_table()) specs.push_back(entry.name);
  } else {
    specs = fusion::split_specs(options.fusions);
  }
  std::vector<Row> rows;
  for (const std::string& spec : specs) {
    const fusion::FusionEntry& entry = fusion::find_fusion(fusion::FusionSpec::parse(spec).name);
    rows.push_back({spec, &entry, fusion::fusion_cost(spec, options.dims)});
  }
  return rows;
}

std::string to_json(const std::vector<Row>& rows) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    json.push_back({{"fusion", row.spec},
                    {"per", granularity_name(row.entry->granularity)},
                    {"parameters", row.cost.parameters},
                    {"multiply_adds_per_row", row.cost.multiply_adds},
                    {"saved_bytes_per_row", row.cost.saved_bytes},
                    {"training_bytes", fusion::training_bytes(row.cost.parameters)},
                    {"summary", row.entry->summary},
                    {"paper", row.entry->paper}});
  }
  return json.dump(2) + "\n";
}

/// For people to read, or in full for machines.
benchmarks::Table to_table(const std::vector<Row>& rows, bool full) {
  benchmarks::Table table;
  table.headings = {"fusion",          "per",        "parameters", "multiply-adds/row",
                    "saved bytes/row", "training GB"};
  if (full) table.headings.insert(table.headings.end(), {"summary", "paper"});
  for (const Row& row : rows) {
    const auto number = [&](double value) {
      if (full) return fmt::format("{:.0f}", value);
      constexpr double kTooLong = 1e15;  // a mistyped size
      return value < kTooLong ? benchmarks::grouped(static_cast<int64_t>(value))
                              : fmt::format("{:.2g}", value);
    };
    const double gigabytes = fusion::training_bytes(row.cost.parameters) / 1e9;
    const bool fits =
        fusion::training_bytes(row.cost.parameters) <= fusion::physical_memory_bytes();
    table.rows.push_back({row.spec, granularity_name(row.entry->granularity),
                          number(row.cost.parameters), number(row.cost.multiply_adds),
                          number(row.cost.saved_bytes),
                          fmt::format("{:.2f}{}", gigabytes, fits || full ? "" : " (too much)")});
    if (full)
      table.rows.back().insert(table.rows.back().end(), {row.entry->summary, row.entry->paper});
  }
  return table;
}

int fusions(const FusionsCommandOptions& options) {
  const std::vector<Row> rows = rows_of(options);
  switch (options.format) {
    case OutputFormat::kTable:
      fmt::print("x {} wide, y {} wide, out {} wide\n\n{}", options.dims.x, options.dims.y,
                 options.dims.out, benchmarks::to_terminal(to_table(rows, /*full=*/false)));
      break;
    case OutputFormat::kMarkdown:
      fmt::print("{}", benchmarks::to_markdown(to_table(rows, /*full=*/false)));
      break;
    case OutputFormat::kCsv:
      fmt::print("{}", benchmarks::to_csv(to_table(rows, /*full=*/true)));
      break;
    case OutputFormat::kJson:
      fmt::print("{}", to_json(rows));
      break;
  }
  return 0;
}

}  // namespace

Command add_fusions_command(CLI::App& app) {
  auto options = std::make_shared<FusionsCommandOptions>();
  CLI::App* command = app.add_subcommand(
      "fusions", "What every fusion costs: parameters, arithmetic and memory, without building it");
  command->add_option("--dx", options->dims.x, "Width of the first input")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--dy", options->dims.y, "Width of the second input")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--dz", options->dims.out, "Width of the output")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--fusions", options->fusions,
                      "Specs, separated by commas, e.g. mfb:mm_dim=1500,mcb; all where left out");
  bind_output_format(*command, options->format);
  std::string footer;
  for (const fusion::FusionEntry& entry : fusion::fusion_table()) {
    footer += fmt::format("  {:<19}{} ({})\n", entry.name, entry.summary, entry.paper);
    std::string keys;
    for (const std::string& key : entry.keys) keys += (keys.empty() ? "" : ", ") + key;
    footer += fmt::format("  {:<19}  {}\n", "", keys);
  }
  command->footer(
      "A fusion per vector gives an output row from the rows of x and y at the same place; one per "
      "sequence lets\nevery row of x see all of y's sequence. Multiply-adds are those of the "
      "forward "
      "pass, saved bytes what is kept\nfor the backward pass in float32; training GB are weights, "
      "gradients and two moments of Adam.\n\nFusions and their options:\n" +
      footer +
      "\nExample: vidqa fusions --dx 512 --dy 512 --dz 1024 --fusions mfb:mm_dim=1600,mcb "
      "--format markdown");
  return {command, [options] { return fusions(*options); }, /*computes=*/false};
}

}  // namespace vidqa::cli
