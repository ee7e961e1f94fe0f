#include "pipeline/data/vocabulary.h"

#include <utility>

#include <c10/util/Exception.h>

namespace vidqa::data {

Vocabulary::Vocabulary(std::vector<std::string> words, int64_t unknown_id)
    : words_(std::move(words)), unknown_id_(unknown_id) {
  TORCH_CHECK(unknown_id >= 0 && unknown_id < size(),
              "vocabulary: the id of unknown words must be below ", size(), ", got ", unknown_id);
  ids_.reserve(words_.size());
  for (int64_t i = 0; i < size(); ++i) ids_.emplace(words_[static_cast<size_t>(i)], i);
}

int64_t Vocabulary::id(const std::string& word) const {
  const auto found = ids_.find(word);
  return found == ids_.end() ? unknown_id_ : found->second;
}

}  // namespace vidqa::data
