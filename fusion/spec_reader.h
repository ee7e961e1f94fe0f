#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace vidqa::fusion {

/// Writes the values of a spec string into the options of an operator. An operator binds each key
/// once; the same list of keys then answers `--help` and the error for an unknown one. Fields whose
/// key is not given keep their value.
///
/// Only the text is judged here; whether a number makes sense is for the operator
/// (option_checks.h), which may also be built without a spec. Errors are c10::Error naming the
/// fusion, the key, the value and what is accepted.
class SpecReader {
 public:
  SpecReader(std::string fusion, std::map<std::string, std::string> values);

  void bind(const std::string& key, int64_t& field);
  void bind(const std::string& key, double& field);
  void bind(const std::string& key, bool& field);                  ///< true or false
  void bind(const std::string& key, std::string& field);           ///< as written
  void bind(const std::string& key, std::vector<int64_t>& field);  ///< 60x60

  /// One of the named values.
  template <typename Choice>
  void bind(const std::string& key, Choice& field, const std::map<std::string, Choice>& choices);

  /// Binds every place of dropout, and `dropout` for all of them; a place that is named wins.
  void bind_dropout(std::initializer_list<std::pair<const char*, double*>> places);

  void reject_unknown_keys() const;

  const std::vector<std::string>& keys() const { return keys_; }
  bool given(const std::string& key) const { return values_.count(key) > 0; }

 private:
  /// Adds `key` to the known ones; its text, or null when it is not given.
  const std::string* find(const std::string& key);
  [[noreturn]] void reject(const std::string& key, const std::string& accepted) const;

  std::string fusion_;
  std::map<std::string, std::string> values_;
  std::vector<std::string> keys_;
};

template <typename Choice>
void SpecReader::bind(const std::string& key, Choice& field,
                      const std::map<std::string, Choice>& choices) {
  const std::string* text = find(key);
  if (text == nullptr) return;
  const auto choice = choices.find(*text);
  if (choice != choices.end()) {
    field = choice->second;
    return;
  }
  std::string names = "one of";
  for (const auto& [name, value] : choices) names += " " + name;
  reject(key, names);
}

}  // namespace vidqa::fusion
