#include "fusion/spec_reader.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include <c10/util/Exception.h>

namespace vidqa::fusion {
namespace {

/// False unless the whole text is one number of this type.
template <typename Number>
bool parse_number(const char* begin, const char* end, Number& number) {
  const auto [stop, error] = std::from_chars(begin, end, number);
  return error == std::errc() && stop == end;
}

template <typename Number>
bool parse_number(const std::string& text, Number& number) {
  return parse_number(text.data(), text.data() + text.size(), number);
}

}  // namespace

SpecReader::SpecReader(std::string fusion, std::map<std::string, std::string> values)
    : fusion_(std::move(fusion)), values_(std::move(values)) {}

void SpecReader::bind(const std::string& key, int64_t& field) {
  const std::string* text = find(key);
  if (text != nullptr && !parse_number(*text, field)) reject(key, "an integer");
}

void SpecReader::bind(const std::string& key, double& field) {
  const std::string* text = find(key);
  if (text != nullptr && !parse_number(*text, field)) reject(key, "a number");
}

void SpecReader::bind(const std::string& key, bool& field) {
  bind(key, field, {{"true", true}, {"false", false}});
}

void SpecReader::bind(const std::string& key, std::string& field) {
  const std::string* text = find(key);
  if (text != nullptr) field = *text;
}

void SpecReader::bind(const std::string& key, std::vector<int64_t>& field) {
  const std::string* text = find(key);
  if (text == nullptr) return;
  field.clear();
  const char* const end = text->data() + text->size();
  for (const char* begin = text->data();;) {
    const char* const stop = std::find(begin, end, 'x');
    if (!parse_number(begin, stop, field.emplace_back())) reject(key, "integers like 60x60");
    if (stop == end) return;
    begin = stop + 1;
  }
}

void SpecReader::bind_dropout(std::initializer_list<std::pair<const char*, double*>> places) {
  for (const auto& [key, field] : places) {
    if (given("dropout")) bind("dropout", *field);
    bind(key, *field);
  }
  find("dropout");
}

void SpecReader::reject_unknown_keys() const {
  std::string accepted;
  for (const std::string& key : keys_) accepted += (accepted.empty() ? "" : ", ") + key;
  for (const auto& [key, value] : values_) {
    TORCH_CHECK(std::count(keys_.begin(), keys_.end(), key) > 0, fusion_, ": unknown key '", key,
                "'; accepted: ", accepted);
  }
}

const std::string* SpecReader::find(const std::string& key) {
  if (std::count(keys_.begin(), keys_.end(), key) == 0) keys_.push_back(key);
  const auto value = values_.find(key);
  return value == values_.end() ? nullptr : &value->second;
}

void SpecReader::reject(const std::string& key, const std::string& accepted) const {
  TORCH_CHECK(false, fusion_, ": ", key, " must be ", accepted, ", got '", values_.at(key), "'");
}

}  // namespace vidqa::fusion
