#include "benchmarks/figure_table.h"

#include <type_traits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vidqa::benchmarks {
namespace {

std::string rounded_number(double value, Unit unit) {
  switch (unit) {
    case Unit::kPercent:
      return fmt::format("{:.2f}", 100 * value);
    case Unit::kPoints:
      return fmt::format("{:+.2f}", 100 * value);
    case Unit::kPValue:
      return value > 0 ? fmt::format("{:.2g}", value) : "<1e-300";
    default:
      return fmt::format("{:.3f}", value);
  }
}

Table text_table(const FigureTable& table, bool exact) {
  Table text;
  for (const Column& column : table.columns) {
    if (exact || !column.only_exact) text.headings.push_back(column.heading);
  }
  for (const std::vector<Cell>& row : table.rows) {
    std::vector<std::string> line;
    for (size_t c = 0; c < row.size(); ++c) {
      if (exact) {
        line.push_back(std::visit(
            [](const auto& value) {
              if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>)
                return std::string();
              else
                return fmt::format("{}", value);
            },
            row[c]));
      } else if (!table.columns[c].only_exact) {
        line.push_back(rounded(row[c], table.columns[c].unit));
      }
    }
    text.rows.push_back(std::move(line));
  }
  return text;
}

}  // namespace

std::string rounded(const Cell& cell, Unit unit) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* count = std::get_if<int64_t>(&cell)) return grouped(*count);
  if (const auto* number = std::get_if<double>(&cell)) return rounded_number(*number, unit);
  return "-";
}

std::string to_terminal(const FigureTable& table) {
  std::string text = to_terminal(text_table(table, /*exact=*/false));
  if (!table.notes.empty()) text += '\n';
  for (const std::string& note : table.notes) text += note + '\n';
  return text;
}

std::string to_markdown(const FigureTable& table) {
  std::string text = to_markdown(text_table(table, /*exact=*/false));
  if (!table.notes.empty()) text += '\n';
  for (const std::string& note : table.notes) text += "* " + note + '\n';
  return text;
}

std::string to_csv(const FigureTable& table) { return to_csv(text_table(table, /*exact=*/true)); }

std::string to_json(const FigureTable& table) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const std::vector<Cell>& row : table.rows) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (size_t c = 0; c < row.size(); ++c) {
      nlohmann::ordered_json& figure = object[table.columns[c].heading];
      std::visit(
          [&](const auto& value) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::monostate>)
              figure = value;
          },
          row[c]);
    }
    rows.push_back(std::move(object));
  }
  return nlohmann::ordered_json{{"rows", rows}, {"notes", table.notes}}.dump(2) + "\n";
}

}  // namespace vidqa::benchmarks
