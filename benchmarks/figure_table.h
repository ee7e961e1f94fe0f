#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "benchmarks/table.h"

namespace vidqa::benchmarks {

/// What a column of figures means, and so how people read it.
enum class Unit {
  kText,
  kCount,    ///< integer; people read 15,253
  kPercent,  ///< share of 0..1; people read 72.13
  kPoints,   ///< difference of shares; people read +0.33
  kRatio,    ///< people read three decimals
  kScore,    ///< a model's output; people read three decimals
  kPValue,   ///< people read two significant digits, and of a p too small for a double <1e-300
};

struct Column {
  std::string heading;
  Unit unit = Unit::kText;
  bool only_exact = false;  ///< left out of the tables for people
};

/// Empty where there is no such figure.
using Cell = std::variant<std::monostate, std::string, int64_t, double>;

/// A result: figures with their units, for people and for programs. Every row has as many cells as
/// there are columns.
struct FigureTable {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  std::vector<std::string> notes;  ///< how to read it, a sentence each
};

/// A figure as people read it; "-" for an empty cell.
std::string rounded(const Cell& cell, Unit unit);

std::string to_terminal(const FigureTable& table);  ///< rounded, with the notes below
std::string to_markdown(const FigureTable& table);  ///< likewise
std::string to_csv(const FigureTable& table);       ///< every column in full precision, no notes
/// {"rows": [{heading: figure}], "notes": [...]}, full precision; null for an empty cell.
std::string to_json(const FigureTable& table);

}  // namespace vidqa::benchmarks
