#include "benchmarks/report_data.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "benchmarks/table.h"

namespace vidqa::benchmarks {
namespace {

using Json = nlohmann::ordered_json;
using Line = std::vector<std::string>;

std::string kind_name(ComparisonRow::Kind kind) {
  switch (kind) {
    case ComparisonRow::Kind::kFusion:
      return "fusion";
    case ComparisonRow::Kind::kRun:
      return "run";
    case ComparisonRow::Kind::kQuestionOnly:
      return "question-only";
    case ComparisonRow::Kind::kMostFrequent:
      return "most frequent";
    case ComparisonRow::Kind::kChance:
      return "chance";
  }
  return "unknown";
}

/// A field a seed: `values` without gaps, put back beside the seeds that they belong to.
Line values_by_seed(const Comparison& comparison, const ComparisonRow& row) {
  const bool trained =
      row.kind == ComparisonRow::Kind::kFusion || row.kind == ComparisonRow::Kind::kQuestionOnly;
  Line fields;
  auto value = row.values.begin();
  for (const uint64_t seed : comparison.seeds) {
    const bool there =
        trained && std::none_of(comparison.failures.begin(), comparison.failures.end(),
                                [&](const FailedRun& run) {
                                  return run.name == row.name && run.seed == seed;
                                });
    fields.push_back(there ? fmt::format("{}", *value++) : "");
  }
  return fields;
}

/// Fields of figures that may not be there.
template <typename Optional, typename... Members>
void append(Line& line, const Optional& figures, Members... members) {
  (line.push_back(figures ? fmt::format("{}", (*figures).*members) : ""), ...);
}

Json to_json(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return {{"estimate", interval->estimate}, {"low", interval->low}, {"high", interval->high}};
}

Json to_json(const std::optional<BaselineTest>& test) {
  if (!test) return nullptr;
  Json json = {{"name", test->name},  {"p", test->p},
               {"p_holm", nullptr},   {"detectable_difference", test->detectable_difference},
               {"only_row", nullptr}, {"only_baseline", nullptr}};
  if (test->p_holm) json["p_holm"] = *test->p_holm;
  if (test->discordant) {
    json["only_row"] = test->discordant->only_row;
    json["only_baseline"] = test->discordant->only_baseline;
  }
  return json;
}

Json to_json(const std::optional<SeedTest>& test) {
  if (!test) return nullptr;
  return {{"num_seeds", test->num_seeds},
          {"difference", test->difference},
          {"sd", test->sd},
          {"wilcoxon_p", test->wilcoxon_p},
          {"epsilon", test->epsilon},
          {"seeds_needed", test->seeds_needed}};
}

}  // namespace

std::set<std::string> question_types(const Comparison& comparison) {
  std::set<std::string> types;
  for (const ComparisonRow& row : comparison.rows) {
    for (const auto& [type, value] : row.by_type) types.insert(type);
  }
  return types;
}

std::string to_csv(const Comparison& comparison) {
  const std::set<std::string> types = question_types(comparison);
  Table table;
  table.headings = {"name",
                    "kind",
                    "baseline",
                    "parameters",
                    "mean",
                    "sd",
                    "mean_low",
                    "mean_high",
                    "difference",
                    "low",
                    "high",
                    "only_row",
                    "only_baseline",
                    "test",
                    "p",
                    "p_holm",
                    "detectable_difference",
                    "seed_difference",
                    "seed_sd",
                    "wilcoxon_p",
                    "epsilon",
                    "seeds_needed",
                    "seconds_per_epoch",
                    "peak_memory_mb"};
  table.headings.emplace_back("multiply_adds");
  for (const std::string& option : comparison.varied) table.headings.push_back("option " + option);
  for (const uint64_t seed : comparison.seeds)
    table.headings.push_back(fmt::format("seed {}", seed));
  for (const std::string& type : types) table.headings.push_back("type " + type);
  for (const ComparisonRow& row : comparison.rows) {
    const bool finished = !row.values.empty();
    const bool measured = finished && row.parameters > 0;
    const auto number = [](bool there, auto value) {
      return there ? fmt::format("{}", value) : std::string();
    };
    Line line = {row.name,
                 kind_name(row.kind),
                 row.is_baseline ? "1" : "0",
                 number(measured, row.parameters),
                 number(finished, row.mean),
                 number(row.values.size() > 1, row.sd)};
    append(line, row.interval, &Interval::low, &Interval::high);
    append(line, row.difference, &Interval::estimate, &Interval::low, &Interval::high);
    const std::optional<BaselineTest::Discordant> discordant =
        row.test ? row.test->discordant : std::nullopt;
    append(line, discordant, &BaselineTest::Discordant::only_row,
           &BaselineTest::Discordant::only_baseline);
    append(line, row.test, &BaselineTest::name, &BaselineTest::p);
    const bool corrected = row.test && row.test->p_holm;
    line.push_back(corrected ? fmt::format("{}", *row.test->p_holm) : "");
    append(line, row.test, &BaselineTest::detectable_difference);
    append(line, row.seed_test, &SeedTest::difference, &SeedTest::sd, &SeedTest::wilcoxon_p,
           &SeedTest::epsilon, &SeedTest::seeds_needed);
    line.push_back(number(measured, row.seconds_per_epoch));
    line.push_back(number(measured, row.peak_memory_mb));
    line.push_back(number(row.multiply_adds > 0, row.multiply_adds));
    for (size_t i = 0; i < comparison.varied.size(); ++i)
      line.push_back(row.settings.empty() ? "" : row.settings.at(i));
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
  const auto settings = [&](const ComparisonRow& row) {
    Json object = Json::object();
    for (size_t i = 0; i < row.settings.size(); ++i)
      object[comparison.varied.at(i)] = row.settings[i];
    return object;
  };
  Json rows = Json::array();
  for (const ComparisonRow& row : comparison.rows) {
    rows.push_back({{"name", row.name},
                    {"kind", kind_name(row.kind)},
                    {"settings", settings(row)},
                    {"baseline", row.is_baseline},
                    {"parameters", row.parameters},
                    {"multiply_adds", row.multiply_adds},
                    {"values", row.values},
                    {"mean", row.mean},
                    {"sd", row.sd},
                    {"interval", to_json(row.interval)},
                    {"difference", to_json(row.difference)},
                    {"test", to_json(row.test)},
                    {"seed_test", to_json(row.seed_test)},
                    {"seconds_per_epoch", row.seconds_per_epoch},
                    {"peak_memory_mb", row.peak_memory_mb},
                    {"by_type", row.by_type}});
  }
  Json failures = Json::array();
  for (const FailedRun& run : comparison.failures)
    failures.push_back(
        {{"name", run.name}, {"seed", run.seed}, {"folder", run.folder}, {"reason", run.reason}});
  const Json json = {{"dataset", comparison.dataset},
                     {"split", comparison.split},
                     {"varied", comparison.varied},
                     {"metric", comparison.metric},
                     {"higher_is_better", comparison.higher_is_better},
                     {"num_questions", comparison.num_questions},
                     {"num_videos", comparison.num_videos},
                     {"seeds", comparison.seeds},
                     {"worthwhile_difference", comparison.worthwhile_difference},
                     {"rows", rows},
                     {"notes", comparison.notes},
                     {"failures", failures}};
  return json.dump(2) + "\n";
}

}  // namespace vidqa::benchmarks
