#include "benchmarks/report.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::HasSubstr;

Comparison example() {
  Comparison c;
  c.dataset = "msvd-qa";
  c.metric = "accuracy";
  c.num_questions = 200;
  c.seeds = {1, 2};
  ComparisonRow chance;
  chance.kind = ComparisonRow::Kind::kChance;
  chance.name = "chance";
  chance.values = {0.05};
  chance.mean = 0.05;
  chance.difference = Interval{-0.3, -0.35, -0.25};
  chance.by_type = {{"what", 0.05}, {"who", 0.05}};
  ComparisonRow base;
  base.name = "default";
  base.is_baseline = true;
  base.parameters = 1234567;
  base.values = {0.34, 0.36};
  base.mean = 0.35;
  base.sd = 0.0141421;
  base.seconds_per_epoch = 12.34;
  base.peak_memory_mb = 812.4;
  base.by_type = {{"what", 0.3}, {"who", 0.45}};
  ComparisonRow mfb = base;
  mfb.name = "mfb:factor=2,dropout=0";
  mfb.is_baseline = false;
  mfb.parameters = 999;
  mfb.values = {0.35, 0.37};
  mfb.mean = 0.36;
  mfb.difference = Interval{0.01, -0.0049, 0.025};
  mfb.by_type = {{"what", 0.36}};
  c.rows = {chance, base, mfb};
  c.notes = {"a note"};
  return c;
}

Comparison count_example() {
  Comparison c = example();
  c.dataset = "tgif-count";
  c.metric = "mse";
  c.higher_is_better = false;
  c.seeds = {7};
  c.rows.erase(c.rows.begin());
  c.rows[0].values = {4.1234};
  c.rows[0].mean = 4.1234;
  c.rows[0].by_type = {};
  c.rows[1].values = {3.9};
  c.rows[1].mean = 3.9;
  c.rows[1].difference = Interval{-0.2234, -0.4, -0.05};
  c.rows[1].by_type = {};
  c.notes = {};
  return c;
}

Comparison failed_example() {
  Comparison c = example();
  c.rows[2].values = {0.37};  // seed 1 failed
  ComparisonRow lost;
  lost.name = "mcb";
  c.rows.push_back(lost);
  c.failures = {{"mfb:factor=2,dropout=0", 1, "out/runs/mfb/seed1", "the loss is nan"},
                {"mcb", 1, "out/runs/mcb/seed1", "x"},
                {"mcb", 2, "out/runs/mcb/seed2", "x"}};
  return c;
}

/// Fields of RFC 4180 text.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> lines = {{""}};
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      lines.back().back() += text[i++];
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == ',') {
      lines.back().emplace_back();
    } else if (!quoted && text[i] == '\r') {
      ++i;
      lines.push_back({""});
    } else {
      lines.back().back() += text[i];
    }
  }
  lines.pop_back();
  return lines;
}

TEST(Report, TerminalTableIsAligned) {
  EXPECT_EQ(to_terminal(example()), R"(msvd-qa: 200 test questions, seeds 1, 2

fusion                  parameters  accuracy %  difference, points [95 %]  s/epoch  memory MiB  what   who
chance                           -         5.0       -30.0 [-35.0, -25.0]        -           -   5.0   5.0
default                  1,234,567  35.0 ± 1.4                   baseline     12.3         812  30.0  45.0
mfb:factor=2,dropout=0         999  36.0 ± 1.4          +1.0 [-0.5, +2.5]     12.3         812  36.0     -

mean ± standard deviation over seeds
difference to the baseline with its 95 % paired bootstrap interval over questions
a note
)");
}

TEST(Report, MarkdownIsBoldOnlyWhereTheIntervalExcludesZero) {
  EXPECT_EQ(to_markdown(example()), R"(## msvd-qa: 200 test questions, seeds 1, 2

| fusion | parameters | accuracy % | difference, points [95 %] | s/epoch | memory MiB | what | who |
|:--|--:|--:|--:|--:|--:|--:|--:|
| chance | - | 5.0 | **-30.0 [-35.0, -25.0]** | - | - | 5.0 | 5.0 |
| default | 1,234,567 | 35.0 ± 1.4 | baseline | 12.3 | 812 | 30.0 | 45.0 |
| mfb:factor=2,dropout=0 | 999 | 36.0 ± 1.4 | +1.0 [-0.5, +2.5] | 12.3 | 812 | 36.0 | - |

* mean ± standard deviation over seeds
* difference to the baseline with its 95 % paired bootstrap interval over questions
* a note
* bold: the interval excludes 0
)");
}

TEST(Report, CountShowsTheErrorAndThatLowerIsBetter) {
  EXPECT_EQ(to_terminal(count_example()), R"(tgif-count: 200 test questions, seed 7

fusion                  parameters  MSE (lower is better)     difference [95 %]  s/epoch  memory MiB
default                  1,234,567                   4.12              baseline     12.3         812
mfb:factor=2,dropout=0         999                   3.90  -0.22 [-0.40, -0.05]     12.3         812

difference to the baseline with its 95 % paired bootstrap interval over questions
)");
  EXPECT_THAT(to_markdown(count_example()), HasSubstr("**-0.22 [-0.40, -0.05]**"));
}

TEST(Report, CsvParsesBackWithFullPrecision) {
  const auto lines = parse_csv(to_csv(example()));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], (std::vector<std::string>{"name", "kind", "baseline", "parameters", "mean",
                                                "sd", "difference", "low", "high",
                                                "seconds_per_epoch", "peak_memory_mb", "seed 1",
                                                "seed 2", "type what", "type who"}));
  EXPECT_EQ(lines[1], (std::vector<std::string>{"chance", "chance", "0", "", "0.05", "", "-0.3",
                                                "-0.35", "-0.25", "", "", "", "", "0.05", "0.05"}));
  EXPECT_EQ(lines[2],
            (std::vector<std::string>{"default", "fusion", "1", "1234567", "0.35", "0.0141421", "",
                                      "", "", "12.34", "812.4", "0.34", "0.36", "0.3", "0.45"}));
  EXPECT_EQ(lines[3], (std::vector<std::string>{"mfb:factor=2,dropout=0", "fusion", "0", "999",
                                                "0.36", "0.0141421", "0.01", "-0.0049", "0.025",
                                                "12.34", "812.4", "0.35", "0.37", "0.36", ""}));
}

TEST(Report, AFailedRunIsSaidAndKeepsTheOthersBesideTheirSeeds) {
  const Comparison c = failed_example();
  const std::string text = to_terminal(c);
  EXPECT_THAT(text, HasSubstr("mcb                              -      failed"));
  EXPECT_THAT(text, HasSubstr("mfb:factor=2,dropout=0, seed 1 FAILED and is not in the table: the "
                              "loss is nan (out/runs/mfb/seed1)\n"));
  const auto lines = parse_csv(to_csv(c));
  EXPECT_EQ(lines[3][11], "");
  EXPECT_EQ(lines[3][12], "0.37");
  EXPECT_EQ(lines[4][4], "") << "no mean";
  EXPECT_EQ(nlohmann::json::parse(to_json(c)).at("failures").size(), 3u);
}

TEST(Report, JsonHoldsEveryFigure) {
  const nlohmann::json json = nlohmann::json::parse(to_json(example()));
  EXPECT_EQ(json.at("dataset"), "msvd-qa");
  EXPECT_EQ(json.at("higher_is_better"), true);
  EXPECT_EQ(json.at("seeds"), nlohmann::json({1, 2}));
  EXPECT_EQ(json.at("rows").at(1).at("values"), nlohmann::json({0.34, 0.36}));
  EXPECT_TRUE(json.at("rows").at(1).at("difference").is_null());
  EXPECT_EQ(json.at("rows").at(2).at("difference").at("high"), 0.025);
  EXPECT_EQ(json.at("rows").at(2).at("by_type"), nlohmann::json({{"what", 0.36}}));
  EXPECT_EQ(json.at("notes"), nlohmann::json({"a note"}));
}

TEST(Report, TablesAreWrittenSideBySide) {
  const testing::TempDir folder;
  const std::string target = (folder.path() / "new" / "folder").string();
  write_tables(example(), target);
  const auto content = [&](const char* name) {
    std::ostringstream text;
    text << std::ifstream(std::filesystem::path(target) / name, std::ios::binary).rdbuf();
    return text.str();
  };
  EXPECT_EQ(content("table.md"), to_markdown(example()));
  EXPECT_EQ(content("table.csv"), to_csv(example()));
  EXPECT_EQ(content("table.json"), to_json(example()));
}

}  // namespace
}  // namespace vidqa::benchmarks
