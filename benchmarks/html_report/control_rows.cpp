#include "benchmarks/html_report/control_rows.h"

#include <filesystem>

#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

#include "pipeline/data/json_record.h"

namespace vidqa::benchmarks {
namespace {

std::optional<ComparisonRow::Kind> control_kind(const std::string& name) {
  if (name == "chance") return ComparisonRow::Kind::kChance;
  if (name == "most frequent") return ComparisonRow::Kind::kMostFrequent;
  return std::nullopt;
}

std::optional<Interval> interval_from(const nlohmann::json& json) {
  if (json.is_null()) return std::nullopt;
  return Interval{json.at("estimate"), json.at("low"), json.at("high")};
}

ComparisonRow control_from(const nlohmann::json& json, ComparisonRow::Kind kind) {
  ComparisonRow row;
  row.kind = kind;
  json.at("name").get_to(row.name);
  json.at("mean").get_to(row.mean);
  json.at("values").get_to(row.values);
  json.at("by_type").get_to(row.by_type);
  row.interval = interval_from(json.at("interval"));
  row.difference = interval_from(json.at("difference"));
  return row;
}

ComparisonTable table_from(const nlohmann::json& json) {
  ComparisonTable table;
  json.at("dataset").get_to(table.dataset);
  json.at("num_questions").get_to(table.num_questions);
  for (const nlohmann::json& row : json.at("rows")) {
    if (row.at("baseline").get<bool>()) row.at("name").get_to(table.baseline);
    if (const auto kind = control_kind(row.at("kind").get<std::string>()))
      table.controls.push_back(control_from(row, *kind));
  }
  return table;
}

}  // namespace

std::optional<ComparisonTable> find_comparison_table(const std::vector<RunSource>& sources) {
  for (const RunSource& source : sources) {
    const std::filesystem::path path = std::filesystem::path(source.path) / "table.json";
    if (!std::filesystem::is_regular_file(path)) continue;
    const nlohmann::json json = data::read_json(path.string());
    try {
      return table_from(json);
    } catch (const nlohmann::json::exception& error) {
      TORCH_CHECK(false, path.string(), ": not a table of `vidqa compare`: ", error.what());
    }
  }
  return std::nullopt;
}

}  // namespace vidqa::benchmarks
