#include "benchmarks/report_data.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/benchmarks/comparison_examples.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::ElementsAre;

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

/// The fields of a row by heading.
std::map<std::string, std::string> csv_row(const std::string& csv, size_t row) {
  const auto lines = parse_csv(csv);
  std::map<std::string, std::string> fields;
  for (size_t c = 0; c < lines[0].size(); ++c) fields[lines[0][c]] = lines.at(row + 1).at(c);
  return fields;
}

TEST(ReportData, CsvHasTheDocumentedColumns) {
  const auto lines = parse_csv(to_csv(example()));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(
      lines[0],
      ElementsAre("name", "kind", "baseline", "parameters", "mean", "sd", "mean_low", "mean_high",
                  "difference", "low", "high", "only_row", "only_baseline", "test", "p", "p_holm",
                  "detectable_difference", "seed_difference", "seed_sd", "wilcoxon_p", "epsilon",
                  "seeds_needed", "seconds_per_epoch", "peak_memory_mb", "multiply_adds", "seed 1",
                  "seed 2", "type what", "type who"));
  for (const auto& line : lines) EXPECT_EQ(line.size(), lines[0].size());
}

using Fields = std::map<std::string, std::string>;

/// Those that are not empty.
Fields filled(const Fields& fields) {
  Fields result;
  for (const auto& [name, text] : fields) {
    if (!text.empty()) result[name] = text;
  }
  return result;
}

TEST(ReportData, CsvParsesBackWithFullPrecision) {
  const std::string csv = to_csv(tested_example());
  EXPECT_EQ(filled(csv_row(csv, 0)), (Fields{{"name", "chance"},
                                             {"kind", "chance"},
                                             {"baseline", "0"},
                                             {"mean", "0.05"},
                                             {"difference", "-0.3"},
                                             {"low", "-0.35"},
                                             {"high", "-0.25"},
                                             {"test", "clustered t"},
                                             {"p", "1e-09"},
                                             {"detectable_difference", "0.07"},
                                             {"type what", "0.05"},
                                             {"type who", "0.05"}}));
  EXPECT_EQ(filled(csv_row(csv, 1)), (Fields{{"name", "default"},
                                             {"kind", "fusion"},
                                             {"baseline", "1"},
                                             {"parameters", "1234567"},
                                             {"mean", "0.35"},
                                             {"sd", "0.0141421"},
                                             {"mean_low", "0.2873"},
                                             {"mean_high", "0.4184"},
                                             {"seconds_per_epoch", "12.34"},
                                             {"peak_memory_mb", "812.4"},
                                             {"seed 1", "0.34"},
                                             {"seed 2", "0.36"},
                                             {"type what", "0.3"},
                                             {"type who", "0.45"}}));
  EXPECT_EQ(filled(csv_row(csv, 2)), (Fields{{"name", "mfb:factor=2,dropout=0"},
                                             {"kind", "fusion"},
                                             {"baseline", "0"},
                                             {"parameters", "999"},
                                             {"mean", "0.36"},
                                             {"sd", "0.0141421"},
                                             {"mean_low", "0.2966"},
                                             {"mean_high", "0.4285"},
                                             {"difference", "0.01"},
                                             {"low", "-0.0049"},
                                             {"high", "0.025"},
                                             {"test", "clustered t"},
                                             {"p", "0.183"},
                                             {"p_holm", "0.183"},
                                             {"detectable_difference", "0.0213"},
                                             {"seed_difference", "0.01"},
                                             {"seed_sd", "0.0042"},
                                             {"wilcoxon_p", "0.5"},
                                             {"epsilon", "0"},
                                             {"seeds_needed", "4"},
                                             {"seconds_per_epoch", "12.34"},
                                             {"peak_memory_mb", "812.4"},
                                             {"seed 1", "0.35"},
                                             {"seed 2", "0.37"},
                                             {"type what", "0.36"}}));
}

TEST(ReportData, CsvKeepsTheOtherRunsBesideTheirSeeds) {
  const std::string csv = to_csv(failed_example());
  EXPECT_EQ(csv_row(csv, 2).at("seed 1"), "");
  EXPECT_EQ(csv_row(csv, 2).at("seed 2"), "0.37");
  EXPECT_EQ(csv_row(csv, 3).at("mean"), "");
}

TEST(ReportData, FinishedRunsHaveDiscordantCounts) {
  const std::string csv = to_csv(runs_example());
  EXPECT_EQ(csv_row(csv, 0).at("kind"), "run");
  EXPECT_EQ(csv_row(csv, 0).at("only_row"), "1057");
  EXPECT_EQ(csv_row(csv, 0).at("only_baseline"), "1006");
  EXPECT_EQ(csv_row(csv, 0).at("parameters"), "");
  EXPECT_EQ(csv_row(csv, 1).at("only_row"), "");
}

TEST(ReportData, JsonHoldsEveryFigure) {
  const nlohmann::json json = nlohmann::json::parse(to_json(tested_example()));
  EXPECT_EQ(json.at("dataset"), "msvd-qa");
  EXPECT_EQ(json.at("higher_is_better"), true);
  EXPECT_EQ(json.at("num_videos"), 50);
  EXPECT_EQ(json.at("worthwhile_difference"), 0.01);
  EXPECT_EQ(json.at("seeds"), nlohmann::json({1, 2}));
  EXPECT_EQ(json.at("notes"), nlohmann::json({"a note"}));
  const auto& base = json.at("rows").at(1);
  EXPECT_EQ(base.at("values"), nlohmann::json({0.34, 0.36}));
  EXPECT_EQ(base.at("interval").at("low"), 0.2873);
  for (const char* key : {"difference", "test", "seed_test"}) EXPECT_TRUE(base.at(key).is_null());
  const auto& mfb = json.at("rows").at(2);
  EXPECT_EQ(mfb.at("difference").at("high"), 0.025);
  EXPECT_EQ(mfb.at("by_type"), nlohmann::json({{"what", 0.36}}));
  EXPECT_EQ(mfb.at("test").at("name"), "clustered t");
  EXPECT_EQ(mfb.at("test").at("p_holm"), 0.183);
  EXPECT_TRUE(mfb.at("test").at("only_row").is_null());
  EXPECT_EQ(mfb.at("seed_test"), nlohmann::json({{"num_seeds", 2},
                                                 {"difference", 0.01},
                                                 {"sd", 0.0042},
                                                 {"wilcoxon_p", 0.5},
                                                 {"epsilon", 0.0},
                                                 {"seeds_needed", 4}}));
  EXPECT_TRUE(json.at("rows").at(0).at("test").at("p_holm").is_null());
  EXPECT_EQ(nlohmann::json::parse(to_json(failed_example())).at("failures").size(), 3u);
  EXPECT_EQ(
      nlohmann::json::parse(to_json(runs_example())).at("rows").at(0).at("test").at("only_row"),
      1057);
}

TEST(ReportData, QuestionTypesAreThoseOfAnyRow) {
  EXPECT_THAT(question_types(example()), ElementsAre("what", "who"));
  EXPECT_THAT(question_types(count_example()), ElementsAre());
}

}  // namespace
}  // namespace vidqa::benchmarks
