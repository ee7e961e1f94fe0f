#include "benchmarks/report.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "benchmarks/figure_table.h"
#include "benchmarks/report_data.h"
#include "benchmarks/table.h"
#include "features/atomic_file.h"

namespace vidqa::benchmarks {
namespace {

constexpr const char* kNone = "-";

bool failed(const ComparisonRow& row) { return row.values.empty(); }

/// Whether what it costs is known.
bool measured(const ComparisonRow& row) { return row.parameters > 0 && !failed(row); }

/// Turns the primary metric into text: percent and percentage points, or plain numbers.
class Figures {
 public:
  explicit Figures(const Comparison& comparison)
      : percent_(comparison.metric == "accuracy"),
        decimals_(percent_ && comparison.num_questions <= 1000 ? 1 : 2) {}

  std::string value(double x) const { return fmt::format("{:.{}f}", scaled(x), decimals_); }
  std::string difference(double x) const { return fmt::format("{:+.{}f}", scaled(x), decimals_); }
  std::string heading() const { return percent_ ? "accuracy %" : "MSE (lower is better)"; }
  std::string unit() const { return percent_ ? ", points" : ""; }
  /// "1 point", "an MSE of 0.1".
  std::string amount(double x) const {
    if (!percent_) return fmt::format("an MSE of {:g}", x);
    return fmt::format("{:g} {}", scaled(x), scaled(x) == 1 ? "point" : "points");
  }

 private:
  double scaled(double x) const { return percent_ ? 100 * x : x; }

  bool percent_;
  int decimals_;
};

/// How a significant difference stands out.
enum class Mark { kStar, kBold };

std::string value_cell(const ComparisonRow& row, const Figures& figures) {
  if (failed(row)) return "failed";
  std::string text = figures.value(row.mean);
  if (row.values.size() > 1) return text + " ± " + figures.value(row.sd);
  if (row.interval)
    text += fmt::format(" [{}, {}]", figures.value(row.interval->low),
                        figures.value(row.interval->high));
  return text;
}

std::string difference_cell(const ComparisonRow& row, const Figures& figures, Mark mark) {
  if (row.is_baseline) return "baseline";
  if (!row.difference) return kNone;
  const Interval& d = *row.difference;
  const std::string text = fmt::format("{} [{}, {}]", figures.difference(d.estimate),
                                       figures.difference(d.low), figures.difference(d.high));
  if (!row.is_significant()) return text;
  return mark == Mark::kBold ? "**" + text + "**" : text + " *";
}

std::string p_value(double p) { return rounded(p, Unit::kPValue); }

using Text = std::function<std::string(const ComparisonRow&)>;
using Has = std::function<bool(const ComparisonRow&)>;

/// A table of the rows that grows by columns.
class RowTable {
 public:
  explicit RowTable(std::vector<const ComparisonRow*> rows) : rows_(std::move(rows)) {
    table_.rows.resize(rows_.size());
  }

  void add(const std::string& heading, const Text& text) {
    add(
        heading, [](const ComparisonRow&) { return true; }, text);
  }
  /// Leaves the column out where no row has it.
  void add(const std::string& heading, const Has& has, const Text& text) {
    if (std::none_of(rows_.begin(), rows_.end(), [&](auto* row) { return has(*row); })) return;
    table_.headings.push_back(heading);
    for (size_t i = 0; i < rows_.size(); ++i)
      table_.rows[i].push_back(has(*rows_[i]) ? text(*rows_[i]) : kNone);
  }

  const Table& table() const { return table_; }

 private:
  std::vector<const ComparisonRow*> rows_;
  Table table_;
};

bool is_trained(const ComparisonRow& row) {
  return row.kind == ComparisonRow::Kind::kFusion || row.kind == ComparisonRow::Kind::kQuestionOnly;
}

/// What rows are called: by one name, or by every option that differs.
void add_names(RowTable& table, const Comparison& comparison) {
  if (comparison.varied.size() < 2) {
    const std::string trained = comparison.varied.empty() ? "fusion" : comparison.varied.front();
    table.add(comparison.seeds.empty() ? "run" : trained,
              [](const auto& row) { return row.settings.empty() ? row.name : row.settings[0]; });
    return;
  }
  for (size_t i = 0; i < comparison.varied.size(); ++i)
    table.add(comparison.varied[i], [i](const auto& row) {
      if (!row.settings.empty()) return row.settings.at(i);
      return i == 0 ? row.name : std::string(kNone);
    });
}

/// 1234567 -> "1.23 M".
std::string thousands(double number) {
  constexpr std::array<const char*, 5> kUnits = {"", " k", " M", " G", " T"};
  size_t unit = 0;
  for (; number >= 999.5 && unit + 1 < kUnits.size(); ++unit) number /= 1000;
  return fmt::format("{:.3g}{}", number, kUnits[unit]);
}

Table main_table(const Comparison& comparison, Mark mark) {
  const Figures figures(comparison);
  std::vector<const ComparisonRow*> rows;
  for (const ComparisonRow& row : comparison.rows) rows.push_back(&row);
  const Has tested = [](const ComparisonRow& row) { return row.test.has_value(); };

  RowTable table(rows);
  add_names(table, comparison);
  table.add(
      "seeds", [](const auto& row) { return is_trained(row) && !failed(row); },
      [](const auto& row) { return std::to_string(row.values.size()); });
  table.add("parameters", measured, [](const auto& row) { return grouped(row.parameters); });
  table.add(
      "multiply-adds", [](const auto& row) { return row.multiply_adds > 0; },
      [](const auto& row) { return thousands(row.multiply_adds); });
  table.add(figures.heading(), [&](const auto& row) { return value_cell(row, figures); });
  table.add("difference" + figures.unit() + " [95 %]",
            [&](const auto& row) { return difference_cell(row, figures, mark); });
  table.add(
      "only it / baseline", [](const auto& row) { return row.test && row.test->discordant; },
      [](const auto& row) {
        return fmt::format("{} / {}", row.test->discordant->only_row,
                           row.test->discordant->only_baseline);
      });
  table.add("p", tested, [](const auto& row) { return p_value(row.test->p); });
  table.add(
      "p Holm", [](const auto& row) { return row.test && row.test->p_holm; },
      [](const auto& row) { return p_value(*row.test->p_holm); });
  table.add("detectable", tested,
            [&](const auto& row) { return figures.value(row.test->detectable_difference); });
  table.add("s/epoch", measured,
            [](const auto& row) { return fmt::format("{:.1f}", row.seconds_per_epoch); });
  table.add("memory MiB", measured,
            [](const auto& row) { return fmt::format("{:.0f}", row.peak_memory_mb); });
  for (const std::string& type : question_types(comparison))
    table.add(
        type, [&](const auto& row) { return row.by_type.count(type) != 0; },
        [&](const auto& row) { return figures.value(row.by_type.at(type)); });
  return table.table();
}

/// The tests over seeds; no rows where there are none.
Table seed_table(const Comparison& comparison) {
  const Figures figures(comparison);
  std::vector<const ComparisonRow*> rows;
  for (const ComparisonRow& row : comparison.rows) {
    if (row.seed_test) rows.push_back(&row);
  }
  RowTable table(rows);
  add_names(table, comparison);
  table.add("seeds", [](const auto& row) { return std::to_string(row.seed_test->num_seeds); });
  table.add("difference" + figures.unit(), [&](const auto& row) {
    return fmt::format("{} ± {}", figures.difference(row.seed_test->difference),
                       figures.value(row.seed_test->sd));
  });
  table.add("Wilcoxon p", [](const auto& row) { return p_value(row.seed_test->wilcoxon_p); });
  table.add("ASO ε", [](const auto& row) { return fmt::format("{:.2f}", row.seed_test->epsilon); });
  table.add("seeds for " + figures.amount(comparison.worthwhile_difference),
            [](const auto& row) { return grouped(row.seed_test->seeds_needed); });
  return table.table();
}

std::string title(const Comparison& comparison) {
  if (comparison.seeds.empty())
    return fmt::format("{}: {} questions", comparison.dataset, grouped(comparison.num_questions));
  return fmt::format("{}: {} {} questions, {} {}", comparison.dataset, comparison.num_questions,
                     comparison.split == "val" ? "validation" : comparison.split,
                     comparison.seeds.size() == 1 ? "seed" : "seeds",
                     fmt::join(comparison.seeds, ", "));
}

template <typename Condition>
bool any_row(const Comparison& comparison, Condition condition) {
  return std::any_of(comparison.rows.begin(), comparison.rows.end(), condition);
}

/// How to read the main table, then its notes and failures.
std::vector<std::string> remarks(const Comparison& comparison) {
  std::vector<std::string> lines;
  if (comparison.seeds.size() > 1) lines.push_back("mean ± standard deviation over seeds");
  if (any_row(comparison, [](const auto& row) { return row.interval && row.values.size() == 1; }))
    lines.push_back("accuracy with its 95 % Wilson interval");
  lines.push_back(
      "difference to the baseline with its 95 % paired bootstrap interval over questions" +
      (comparison.num_videos > 0
           ? fmt::format(", drawn by video ({})", grouped(comparison.num_videos))
           : std::string()));
  std::set<std::string> tests;
  for (const ComparisonRow& row : comparison.rows) {
    if (row.test) tests.insert(row.test->name);
  }
  if (!tests.empty())
    lines.push_back(fmt::format(
        "p: {}; Holm: corrected for the number of arms or runs; detectable: the difference that "
        "these questions show at 5 % four times of five",
        fmt::join(tests, "; ")));
  if (any_row(comparison, [](const auto& row) { return row.multiply_adds > 0; }))
    lines.push_back("multiply-adds: matrix products and transforms of a forward pass, a question");
  lines.insert(lines.end(), comparison.notes.begin(), comparison.notes.end());
  for (const FailedRun& run : comparison.failures)
    lines.push_back(fmt::format("{}, seed {} FAILED and is not in the table: {} ({})", run.name,
                                run.seed, run.reason, run.folder));
  return lines;
}

constexpr const char* kSeedRemark =
    "over seeds, seed by seed against the baseline: Wilcoxon signed-rank (needs 6 seeds to reach "
    "0.05); ASO ε: below 0.5 almost always better, 0.2 clearly; seeds that a paired t test needs "
    "at "
    "this spread";

/// What a mark means, where there is one.
std::vector<std::string> mark_remark(const Comparison& comparison, const std::string& mark) {
  if (!any_row(comparison, [](const auto& row) { return row.is_significant(); })) return {};
  return {fmt::format("{}: p Holm below {:g}", mark, kSignificant)};
}

}  // namespace

std::string to_terminal(const Comparison& comparison) {
  std::string text =
      title(comparison) + "\n\n" + to_terminal(main_table(comparison, Mark::kStar)) + '\n';
  for (const std::string& remark : mark_remark(comparison, "*")) text += remark + '\n';
  for (const std::string& remark : remarks(comparison)) text += remark + '\n';
  const Table seeds = seed_table(comparison);
  if (!seeds.rows.empty()) text += '\n' + to_terminal(seeds) + '\n' + kSeedRemark + '\n';
  return text;
}

std::string to_markdown(const Comparison& comparison) {
  std::string text = fmt::format("## {}\n\n{}\n", title(comparison),
                                 to_markdown(main_table(comparison, Mark::kBold)));
  for (const std::string& remark : mark_remark(comparison, "bold")) text += "* " + remark + '\n';
  for (const std::string& remark : remarks(comparison)) text += "* " + remark + '\n';
  const Table seeds = seed_table(comparison);
  if (!seeds.rows.empty()) text += '\n' + to_markdown(seeds) + "\n* " + kSeedRemark + '\n';
  return text;
}

std::string to_latex(const Comparison& comparison) {
  std::string text = fmt::format("% {}\n", title(comparison));
  for (const std::string& remark : mark_remark(comparison, "bold")) text += "% " + remark + '\n';
  for (const std::string& remark : remarks(comparison)) text += "% " + remark + '\n';
  return text + to_latex(main_table(comparison, Mark::kBold));
}

void write_tables(const Comparison& comparison, const std::string& folder) {
  namespace fs = std::filesystem;
  const fs::path path(folder);
  fs::create_directories(path);
  features::write_text_atomically((path / "table.md").string(), to_markdown(comparison));
  features::write_text_atomically((path / "table.csv").string(), to_csv(comparison));
  features::write_text_atomically((path / "table.json").string(), to_json(comparison));
  features::write_text_atomically((path / "table.tex").string(), to_latex(comparison));
}

}  // namespace vidqa::benchmarks
