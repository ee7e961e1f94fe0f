#include "benchmarks/report.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "benchmarks/table.h"
#include "features/atomic_file.h"

namespace vidqa::benchmarks {
namespace {

constexpr const char* kNone = "-";

bool has_model(const ComparisonRow& row) {
  return row.kind == ComparisonRow::Kind::kFusion || row.kind == ComparisonRow::Kind::kQuestionOnly;
}

bool failed(const ComparisonRow& row) { return row.values.empty(); }

std::string kind_name(ComparisonRow::Kind kind) {
  switch (kind) {
    case ComparisonRow::Kind::kFusion:
      return "fusion";
    case ComparisonRow::Kind::kQuestionOnly:
      return "question-only";
    case ComparisonRow::Kind::kMostFrequent:
      return "most frequent";
    case ComparisonRow::Kind::kChance:
      return "chance";
  }
  return "unknown";
}

std::set<std::string> question_types(const Comparison& comparison) {
  std::set<std::string> types;
  for (const ComparisonRow& row : comparison.rows) {
    for (const auto& [type, value] : row.by_type) types.insert(type);
  }
  return types;
}

/// Turns the primary metric into text: percent and percentage points, or plain numbers.
class Figures {
 public:
  explicit Figures(const Comparison& comparison) : percent_(comparison.metric == "accuracy") {}

  std::string value(double x) const {
    return percent_ ? fmt::format("{:.1f}", 100 * x) : fmt::format("{:.2f}", x);
  }
  std::string difference(double x) const {
    return percent_ ? fmt::format("{:+.1f}", 100 * x) : fmt::format("{:+.2f}", x);
  }
  std::string heading() const { return percent_ ? "accuracy %" : "MSE (lower is better)"; }
  std::string difference_heading() const {
    return percent_ ? "difference, points [95 %]" : "difference [95 %]";
  }

 private:
  bool percent_;
};

bool excludes_zero(const Interval& interval) { return interval.low > 0 || interval.high < 0; }

std::string difference_cell(const ComparisonRow& row, const Figures& figures, bool markdown) {
  if (row.is_baseline) return "baseline";
  if (!row.difference) return kNone;
  const Interval& d = *row.difference;
  const std::string text = fmt::format("{} [{}, {}]", figures.difference(d.estimate),
                                       figures.difference(d.low), figures.difference(d.high));
  return markdown && excludes_zero(d) ? "**" + text + "**" : text;
}

using Line = std::vector<std::string>;

Table table_of(const Comparison& comparison, bool markdown) {
  const Figures figures(comparison);
  const std::set<std::string> types = question_types(comparison);
  Table table;
  table.headings = {"fusion",  "parameters", figures.heading(), figures.difference_heading(),
                    "s/epoch", "memory MiB"};
  table.headings.insert(table.headings.end(), types.begin(), types.end());
  for (const ComparisonRow& row : comparison.rows) {
    const bool measured = has_model(row) && !failed(row);
    std::string value = failed(row) ? "failed" : figures.value(row.mean);
    if (row.values.size() > 1) value += " ± " + figures.value(row.sd);
    Line line = {row.name,
                 measured ? grouped(row.parameters) : kNone,
                 value,
                 difference_cell(row, figures, markdown),
                 measured ? fmt::format("{:.1f}", row.seconds_per_epoch) : kNone,
                 measured ? fmt::format("{:.0f}", row.peak_memory_mb) : kNone};
    for (const std::string& type : types) {
      const auto found = row.by_type.find(type);
      line.push_back(found != row.by_type.end() ? figures.value(found->second) : kNone);
    }
    table.rows.push_back(std::move(line));
  }
  return table;
}

std::string title(const Comparison& comparison) {
  return fmt::format("{}: {} test questions, {} {}", comparison.dataset, comparison.num_questions,
                     comparison.seeds.size() == 1 ? "seed" : "seeds",
                     fmt::join(comparison.seeds, ", "));
}

/// How to read the table, then its notes and failures.
std::vector<std::string> remarks(const Comparison& comparison) {
  std::vector<std::string> lines;
  if (comparison.seeds.size() > 1) lines.push_back("mean ± standard deviation over seeds");
  lines.push_back(
      "difference to the baseline with its 95 % paired bootstrap interval over questions");
  lines.insert(lines.end(), comparison.notes.begin(), comparison.notes.end());
  for (const FailedRun& run : comparison.failures)
    lines.push_back(fmt::format("{}, seed {} FAILED and is not in the table: {} ({})", run.name,
                                run.seed, run.reason, run.folder));
  return lines;
}

/// A field a seed: `values` without gaps, put back beside the seeds that they belong to.
Line values_by_seed(const Comparison& comparison, const ComparisonRow& row) {
  Line fields;
  auto value = row.values.begin();
  for (const uint64_t seed : comparison.seeds) {
    const bool there =
        has_model(row) && std::none_of(comparison.failures.begin(), comparison.failures.end(),
                                       [&](const FailedRun& run) {
                                         return run.name == row.name && run.seed == seed;
                                       });
    fields.push_back(there ? fmt::format("{}", *value++) : "");
  }
  return fields;
}

}  // namespace

std::string to_terminal(const Comparison& comparison) {
  std::string text =
      title(comparison) + "\n\n" + to_terminal(table_of(comparison, /*markdown=*/false)) + '\n';
  for (const std::string& remark : remarks(comparison)) text += remark + '\n';
  return text;
}

std::string to_markdown(const Comparison& comparison) {
  std::string text = fmt::format("## {}\n\n{}\n", title(comparison),
                                 to_markdown(table_of(comparison, /*markdown=*/true)));
  for (const std::string& remark : remarks(comparison)) text += "* " + remark + '\n';
  text += "* bold: the interval excludes 0\n";
  return text;
}

std::string to_csv(const Comparison& comparison) {
  const std::set<std::string> types = question_types(comparison);
  Table table;
  table.headings = {"name",       "kind", "baseline", "parameters",        "mean",          "sd",
                    "difference", "low",  "high",     "seconds_per_epoch", "peak_memory_mb"};
  for (const uint64_t seed : comparison.seeds)
    table.headings.push_back(fmt::format("seed {}", seed));
  for (const std::string& type : types) table.headings.push_back("type " + type);
  for (const ComparisonRow& row : comparison.rows) {
    const bool measured = has_model(row) && !failed(row);
    const auto number = [](bool there, auto value) {
      return there ? fmt::format("{}", value) : std::string();
    };
    const Interval d = row.difference.value_or(Interval{});
    Line line = {row.name,
                 kind_name(row.kind),
                 row.is_baseline ? "1" : "0",
                 number(measured, row.parameters),
                 number(!failed(row), row.mean),
                 number(row.values.size() > 1, row.sd),
                 number(row.difference.has_value(), d.estimate),
                 number(row.difference.has_value(), d.low),
                 number(row.difference.has_value(), d.high),
                 number(measured, row.seconds_per_epoch),
                 number(measured, row.peak_memory_mb)};
    const Line seed_fields = values_by_seed(comparison, row);
    line.insert(line.end(), seed_fields.begin(), seed_fields.end());
    for (const std::string& type : types) {
      const auto found = row.by_type.find(type);
      line.push_back(found != row.by_type.end() ? fmt::format("{}", found->second) : "");
    }
    table.rows.push_back(std::move(line));
  }
  return to_csv(table);
}

std::string to_json(const Comparison& comparison) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const ComparisonRow& row : comparison.rows) {
    nlohmann::ordered_json json = {{"name", row.name},
                                   {"kind", kind_name(row.kind)},
                                   {"baseline", row.is_baseline},
                                   {"parameters", row.parameters},
                                   {"values", row.values},
                                   {"mean", row.mean},
                                   {"sd", row.sd},
                                   {"difference", nullptr},
                                   {"seconds_per_epoch", row.seconds_per_epoch},
                                   {"peak_memory_mb", row.peak_memory_mb},
                                   {"by_type", row.by_type}};
    if (row.difference)
      json["difference"] = {{"estimate", row.difference->estimate},
                            {"low", row.difference->low},
                            {"high", row.difference->high}};
    rows.push_back(json);
  }
  nlohmann::ordered_json failures = nlohmann::ordered_json::array();
  for (const FailedRun& run : comparison.failures)
    failures.push_back(
        {{"name", run.name}, {"seed", run.seed}, {"folder", run.folder}, {"reason", run.reason}});
  const nlohmann::ordered_json json = {{"dataset", comparison.dataset},
                                       {"metric", comparison.metric},
                                       {"higher_is_better", comparison.higher_is_better},
                                       {"num_questions", comparison.num_questions},
                                       {"seeds", comparison.seeds},
                                       {"rows", rows},
                                       {"notes", comparison.notes},
                                       {"failures", failures}};
  return json.dump(2) + "\n";
}

void write_tables(const Comparison& comparison, const std::string& folder) {
  namespace fs = std::filesystem;
  const fs::path path(folder);
  fs::create_directories(path);
  features::write_text_atomically((path / "table.md").string(), to_markdown(comparison));
  features::write_text_atomically((path / "table.csv").string(), to_csv(comparison));
  features::write_text_atomically((path / "table.json").string(), to_json(comparison));
}

}  // namespace vidqa::benchmarks
