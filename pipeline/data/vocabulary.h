#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace vidqa::data {

/// Word <-> id. Ids are contiguous from 0; one of them stands for every unknown word.
class Vocabulary {
 public:
  Vocabulary() = default;
  /// `words[i]` has id i; where a word stands twice, the first id wins. `unknown_id` must be a valid id.
  Vocabulary(std::vector<std::string> words, int64_t unknown_id);

  /// Id of `word`, or unknown_id().
  int64_t id(const std::string& word) const;
  bool contains(const std::string& word) const { return ids_.count(word) != 0; }
  const std::string& word(int64_t id) const { return words_.at(static_cast<size_t>(id)); }
  const std::vector<std::string>& words() const { return words_; }
  int64_t size() const { return static_cast<int64_t>(words_.size()); }
  int64_t unknown_id() const { return unknown_id_; }

 private:
  std::vector<std::string> words_;
  std::unordered_map<std::string, int64_t> ids_;
  int64_t unknown_id_ = 0;
};

}  // namespace vidqa::data
