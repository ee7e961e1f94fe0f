#include "pipeline/data/json_record.h"

#include <exception>
#include <filesystem>
#include <fstream>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pipeline/data/text_file.h"

namespace vidqa::data {

using nlohmann::json;
using Event = json::parse_event_t;

namespace {

constexpr size_t kQuotedCharacters = 60;

/// A value for a message, cut where it is long.
std::string quoted(const json& value) {
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() <= kQuotedCharacters ? text : text.substr(0, kQuotedCharacters) + "...";
}

std::ifstream open_json(const std::string& path) {
  check_readable(path);
  std::ifstream stream(path, std::ios::binary);
  TORCH_CHECK(stream.good(), path, ": cannot be opened; check its permissions");
  TORCH_CHECK(stream.peek() != std::ifstream::traits_type::eof(), path,
              ": is empty; fetch it again");
  return stream;
}

/// Parses `source`; `where` names it.
template <typename Source>
json parse(Source&& source, const std::string& where, const json::parser_callback_t& callback) {
  try {
    return json::parse(std::forward<Source>(source), callback);
  } catch (const json::parse_error& error) {
    TORCH_CHECK(false, where, ": is not valid JSON: ", error.what());
  }
}

/// Whether a callback of nlohmann's parser is told of a finished value directly below the root.
bool is_finished_child(int depth, Event event) {
  return depth == 1 &&
         (event == Event::object_end || event == Event::array_end || event == Event::value);
}

}  // namespace

JsonRecord::JsonRecord(const json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  TORCH_CHECK(object.is_object(), where_, " must be an object, got ", object.type_name());
}

bool JsonRecord::has(const std::string& key) const { return object_.contains(key); }

const json& JsonRecord::field(const std::string& key) const {
  const auto found = object_.find(key);
  TORCH_CHECK(found != object_.end(), where_, ": the key '", key, "' is missing");
  return *found;
}

const std::string& JsonRecord::text(const std::string& key) const {
  const json& value = field(key);
  TORCH_CHECK(value.is_string(), where_, ": '", key, "' must be a string, got ", quoted(value));
  return value.get_ref<const std::string&>();
}

int64_t JsonRecord::integer(const std::string& key) const {
  const json& value = field(key);
  TORCH_CHECK(value.is_number_integer(), where_, ": '", key, "' must be a whole number, got ",
              quoted(value));
  return value.get<int64_t>();
}

double JsonRecord::number(const std::string& key) const {
  const json& value = field(key);
  TORCH_CHECK(value.is_number(), where_, ": '", key, "' must be a number, got ", quoted(value));
  return value.get<double>();
}

const json& JsonRecord::array(const std::string& key) const {
  const json& value = field(key);
  TORCH_CHECK(value.is_array(), where_, ": '", key, "' must be an array, got ", quoted(value));
  return value;
}

const json& JsonRecord::object(const std::string& key) const {
  const json& value = field(key);
  TORCH_CHECK(value.is_object(), where_, ": '", key, "' must be an object, got ", quoted(value));
  return value;
}

json read_json(const std::string& path) { return parse(open_json(path), path, nullptr); }

void for_each_json_element(const std::string& path,
                           const std::function<void(const json&, const std::string&)>& take) {
  int64_t count = 0;
  const auto callback = [&](int depth, Event event, json& parsed) {
    if (depth == 0) {
      const bool is_array = event == Event::array_start || event == Event::array_end;
      TORCH_CHECK(is_array, path, ": must hold one JSON array, got ",
                  event == Event::object_start ? "an object" : "a single value");
    }
    if (!is_finished_child(depth, event)) return true;
    take(parsed, fmt::format("{}: record {}", path, ++count));
    return false;  // nothing is kept
  };
  parse(open_json(path), path, callback);
}

void for_each_json_member(const std::string& path,
                          const std::function<void(const std::string&, const json&)>& take) {
  std::string key;
  const auto callback = [&](int depth, Event event, json& parsed) {
    if (depth == 0) {
      const bool is_object = event == Event::object_start || event == Event::object_end;
      TORCH_CHECK(is_object, path, ": must hold one JSON object, got ",
                  event == Event::array_start ? "an array" : "a single value");
    }
    if (depth == 1 && event == Event::key) key = parsed.get<std::string>();
    if (!is_finished_child(depth, event)) return true;
    take(key, parsed);
    return false;
  };
  parse(open_json(path), path, callback);
}

json parse_json(const std::string& text, const std::string& where) {
  return parse(text, where, nullptr);
}

void for_each_json_line(const std::string& path,
                        const std::function<void(const std::string&, const std::string&)>& take) {
  std::ifstream stream = open_json(path);
  int64_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    const std::string where = fmt::format("{}: line {}", path, ++number);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    TORCH_CHECK(!line.empty(), where, " is empty; the file may be cut or edited");
    take(line, where);
  }
  TORCH_CHECK(!stream.bad(), path, ": cannot be read to its end");
}

}  // namespace vidqa::data
