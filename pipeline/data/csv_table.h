#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace vidqa::data {

/// A table with a header row, fields separated by commas (NExT-QA) or by tabs (TGIF-QA, whose files
/// are named .csv all the same): quoting as in RFC 4180, line ends CRLF or LF. A field that does
/// not begin with a quotation mark is taken as it stands.
///
/// Every error (c10::Error) names the file and the line, and a record's line is the one on which it
/// begins.
class CsvTable {
 public:
  /// Throws when the file is missing or empty, a row has more or fewer fields than the header, a
  /// quotation is not closed, or one of `required_columns` is not there.
  CsvTable(const std::string& path, const std::vector<std::string>& required_columns,
           char separator);

  const std::string& path() const { return path_; }
  int64_t rows() const { return static_cast<int64_t>(rows_.size()); }
  bool has_column(const std::string& column) const { return columns_.count(column) != 0; }

  const std::string& text(int64_t row, const std::string& column) const;
  /// Throws when the field is not a decimal integer from `low` to `high`.
  int64_t integer(int64_t row, const std::string& column, int64_t low, int64_t high) const;
  /// Puts `to` where `from` stands in the fields of a column; returns how many rows changed.
  int64_t replace(const std::string& column, const std::string& from, const std::string& to);
  /// "path: line 17", for messages.
  std::string where(int64_t row) const;

 private:
  struct Row {
    int64_t line = 0;
    std::vector<std::string> fields;
  };
  std::string path_;
  std::unordered_map<std::string, size_t> columns_;
  std::vector<Row> rows_;
};

}  // namespace vidqa::data
