#include "benchmarks/table.h"

#include <algorithm>
#include <cctype>

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace vidqa::benchmarks {
namespace {

using Line = std::vector<std::string>;

/// Columns that a terminal uses for UTF-8 text without combining or wide characters.
size_t width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](unsigned char c) {
    return (c & 0xC0) != 0x80;  // not a continuation byte
  }));
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

std::string csv_line(const Line& fields) {
  Line quoted;
  for (const std::string& field : fields) quoted.push_back(csv_field(field));
  return fmt::format("{}\r\n", fmt::join(quoted, ","));
}

std::string markdown_line(Line cells) {
  for (std::string& cell : cells) boost::replace_all(cell, "|", "\\|");  // a bar ends a cell
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string latex_text(std::string text) {
  boost::replace_all(text, "\\", "\\textbackslash ");
  for (const char* special : {"&", "%", "$", "#", "_", "{", "}"})
    boost::replace_all(text, special, std::string("\\") + special);
  boost::replace_all(text, "±", "$\\pm$");
  boost::replace_all(text, "ε", "$\\epsilon$");
  for (size_t at = 0; at + 1 < text.size(); ++at) {  // a minus is no hyphen
    const bool begins = at == 0 || text[at - 1] == '[' || text[at - 1] == ' ';
    if (text[at] == '-' && begins && std::isdigit(static_cast<unsigned char>(text[at + 1])) != 0)
      text.replace(at, 1, "$-$");
  }
  return text;
}

std::string latex_line(const Line& cells) {
  Line texts;
  for (const std::string& cell : cells) {
    const bool bold = cell.size() > 4 && cell.compare(0, 2, "**") == 0;
    texts.push_back(bold ? "\\textbf{" + latex_text(cell.substr(2, cell.size() - 4)) + "}"
                         : latex_text(cell));
  }
  return fmt::format("{} \\\\\n", fmt::join(texts, " & "));
}

}  // namespace

std::string to_latex(const Table& table) {
  std::string text = fmt::format("\\begin{{tabular}}{{l{}}}\n\\toprule\n",
                                 std::string(table.headings.size() - 1, 'r'));
  text += latex_line(table.headings) + "\\midrule\n";
  for (const Line& row : table.rows) text += latex_line(row);
  return text + "\\bottomrule\n\\end{tabular}\n";
}

std::string to_terminal(const Table& table) {
  std::vector<Line> lines = {table.headings};
  lines.insert(lines.end(), table.rows.begin(), table.rows.end());
  std::vector<size_t> widths(table.headings.size());
  for (const Line& line : lines) {
    for (size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], width(line[c]));
  }
  std::string text;
  for (const Line& line : lines) {
    text += line[0] + std::string(widths[0] - width(line[0]), ' ');
    for (size_t c = 1; c < line.size(); ++c)
      text += std::string(2 + widths[c] - width(line[c]), ' ') + line[c];
    text += '\n';
  }
  return text;
}

std::string to_markdown(const Table& table) {
  std::string text = markdown_line(table.headings) + "|:--|";
  for (size_t c = 1; c < table.headings.size(); ++c) text += "--:|";
  text += '\n';
  for (const Line& row : table.rows) text += markdown_line(row);
  return text;
}

std::string to_csv(const Table& table) {
  std::string text = csv_line(table.headings);
  for (const Line& row : table.rows) text += csv_line(row);
  return text;
}

std::string grouped(int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<int64_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), ",");
  return text;
}

}  // namespace vidqa::benchmarks
