#include "pipeline/data/csv_table.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pipeline/data/text_file.h"

namespace vidqa::data {
namespace {

constexpr char kQuote = '"';
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

const char* name_of(char separator) { return separator == '\t' ? "tab" : "comma"; }

/// Takes one record after the other off a text.
class RecordScanner {
 public:
  RecordScanner(const std::string& path, std::string_view text, char separator)
      : path_(path), text_(text), separator_(separator), field_ends_{separator, '\n'} {
    if (text_.substr(0, kByteOrderMark.size()) == kByteOrderMark) at_ = kByteOrderMark.size();
  }

  bool at_end() const { return at_ >= text_.size(); }
  int64_t line() const { return line_; }

  std::vector<std::string> next() {
    std::vector<std::string> fields;
    do fields.push_back(field());
    while (take(separator_));
    take('\r');
    TORCH_CHECK(at_end() || take('\n'), path_, ": line ", line_,
                ": text stands between a closing quotation mark and the next ",
                name_of(separator_));
    ++line_;
    return fields;
  }

 private:
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string field() {
    if (take(kQuote)) return quoted_field();
    const size_t end = std::min(text_.find_first_of(field_ends_, at_), text_.size());
    std::string_view value = text_.substr(at_, end - at_);
    at_ = end;
    const bool ends_line = at_end() || text_[at_] == '\n';
    if (ends_line && !value.empty() && value.back() == '\r') value.remove_suffix(1);
    return std::string(value);
  }

  std::string quoted_field() {
    const int64_t first_line = line_;
    std::string value;
    while (true) {
      TORCH_CHECK(!at_end(), path_, ": line ", first_line, ": a quotation mark is never closed");
      const char c = text_[at_++];
      if (c == kQuote && !take(kQuote)) return value;
      if (c == '\n') ++line_;
      value.push_back(c);
    }
  }

  const std::string& path_;
  std::string_view text_;
  char separator_;
  std::string field_ends_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

bool is_blank_line(const std::vector<std::string>& fields) {
  return fields.size() == 1 && fields.front().empty();
}

}  // namespace

CsvTable::CsvTable(const std::string& path, const std::vector<std::string>& required_columns,
                   char separator)
    : path_(path) {
  const std::string content = read_text(path);
  RecordScanner scanner(path_, content, separator);
  const std::vector<std::string> header = scanner.next();
  for (size_t i = 0; i < header.size(); ++i) columns_.emplace(header[i], i);
  for (const std::string& column : required_columns)
    TORCH_CHECK(has_column(column), path, ": line 1: column '", column,
                "' is missing; the header has ", fmt::format("{}", fmt::join(header, ", ")),
                " (fields are separated by ", name_of(separator), "s)");
  while (!scanner.at_end()) {
    const int64_t line = scanner.line();
    std::vector<std::string> fields = scanner.next();
    if (is_blank_line(fields) && scanner.at_end()) break;
    TORCH_CHECK(fields.size() == header.size(), path, ": line ", line, ": ", fields.size(),
                " fields where the header has ", header.size(), "; the file may be cut or edited");
    rows_.push_back({line, std::move(fields)});
  }
  TORCH_CHECK(!rows_.empty(), path, ": holds a header and no questions");
}

const std::string& CsvTable::text(int64_t row, const std::string& column) const {
  return rows_.at(static_cast<size_t>(row)).fields[columns_.at(column)];
}

int64_t CsvTable::integer(int64_t row, const std::string& column, int64_t low, int64_t high) const {
  const std::string& value = text(row, column);
  int64_t result = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, result);
  TORCH_CHECK(error == std::errc() && stop == end && result >= low && result <= high, where(row),
              ": column '", column, "' must be a whole number from ", low, " to ", high, ", got '",
              value, "'");
  return result;
}

int64_t CsvTable::replace(const std::string& column, const std::string& from,
                          const std::string& to) {
  const size_t index = columns_.at(column);
  int64_t changed = 0;
  for (Row& row : rows_) {
    std::string& field = row.fields[index];
    size_t at = field.find(from);
    if (at != std::string::npos) ++changed;
    for (; at != std::string::npos; at = field.find(from, at + to.size()))
      field.replace(at, from.size(), to);
  }
  return changed;
}

std::string CsvTable::where(int64_t row) const {
  return fmt::format("{}: line {}", path_, rows_.at(static_cast<size_t>(row)).line);
}

}  // namespace vidqa::data
