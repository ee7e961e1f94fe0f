#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace vidqa::data {

/// A JSON object of an annotation file, with the place that its errors name ("train.json: record
/// 3"). Errors (c10::Error) say which key is missing or of which type its value is.
class JsonRecord {
 public:
  /// `object` must outlive the record; throws unless it is a JSON object.
  JsonRecord(const nlohmann::json& object, std::string where);

  bool has(const std::string& key) const;
  const nlohmann::json& field(const std::string& key) const;
  const std::string& text(const std::string& key) const;
  int64_t integer(const std::string& key) const;
  double number(const std::string& key) const;
  const nlohmann::json& array(const std::string& key) const;
  const nlohmann::json& object(const std::string& key) const;
  const std::string& where() const { return where_; }

 private:
  const nlohmann::json& object_;
  std::string where_;
};

/// The one JSON value of a file. Throws c10::Error naming the file when it is missing, empty or not
/// valid JSON.
nlohmann::json read_json(const std::string& path);

/// Elements of a file that holds one JSON array, one after the other, so that files larger than
/// memory can be read. `where` is "<path>: record <number from 1>". Errors as above, and when the
/// file holds something other than an array.
void for_each_json_element(
    const std::string& path,
    const std::function<void(const nlohmann::json& element, const std::string& where)>& take);

/// The same for the members of one JSON object.
void for_each_json_member(
    const std::string& path,
    const std::function<void(const std::string& key, const nlohmann::json& value)>& take);

/// The JSON value of one line or the like; throws c10::Error beginning with `where`.
nlohmann::json parse_json(const std::string& text, const std::string& where);

/// The lines of a .jsonl file, to be given to parse_json(); `where` is "<path>: line <number>". The
/// last line may lack its end; an empty line is an error.
void for_each_json_line(
    const std::string& path,
    const std::function<void(const std::string& line, const std::string& where)>& take);

}  // namespace vidqa::data
