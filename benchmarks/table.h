#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vidqa::benchmarks {

/// Text in rows and columns. Every row has as many cells as there are headings; UTF-8.
struct Table {
  std::vector<std::string> headings;
  std::vector<std::vector<std::string>> rows;
};

/// Columns aligned with blanks, the first to the left and the others to the right.
std::string to_terminal(const Table& table);

/// A GitHub table, aligned likewise.
std::string to_markdown(const Table& table);

/// A LaTeX tabular in the manner of booktabs. A cell between "**" is bold; what LaTeX would read
/// otherwise is escaped.
std::string to_latex(const Table& table);

/// RFC 4180.
std::string to_csv(const Table& table);

/// 1234567 -> "1,234,567".
std::string grouped(int64_t number);

}  // namespace vidqa::benchmarks
