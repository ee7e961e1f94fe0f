#include "benchmarks/datasets/tvqa_vocabulary.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <c10/util/Exception.h>

#include "benchmarks/datasets/pickled_index.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

constexpr int64_t kTvqaUnknownId = 1;

const std::vector<std::string>& reserved_words() {
  static const std::vector<std::string> words = {kTvqaPadding, kTvqaUnknown, kTvqaEnd};
  return words;
}

}  // namespace

data::Vocabulary build_tvqa_vocabulary(const std::vector<const std::string*>& texts,
                                       int64_t min_count) {
  std::vector<std::pair<std::string, int64_t>> counts;  // by first occurrence
  std::unordered_map<std::string, size_t> index;
  for (const std::string* text : texts) {
    for (std::string& word : data::tvqa_words(*text)) {
      const auto [entry, is_new] = index.emplace(word, counts.size());
      if (is_new) counts.emplace_back(std::move(word), 0);
      ++counts[entry->second].second;
    }
  }
  std::vector<std::string> words = reserved_words();
  for (auto& [word, count] : counts) {
    const bool is_reserved =
        std::find(reserved_words().begin(), reserved_words().end(), word) != reserved_words().end();
    if (count >= min_count && !is_reserved) words.push_back(std::move(word));
  }
  return data::Vocabulary(std::move(words), kTvqaUnknownId);
}

data::Vocabulary read_tvqa_vocabulary(const std::string& word2idx, const std::string& idx2word) {
  std::vector<std::string> words = read_pickled_index(word2idx);
  for (size_t i = 0; i < reserved_words().size(); ++i)
    TORCH_CHECK(i < words.size() && words[i] == reserved_words()[i], word2idx, ": id ", i,
                " must be the word ", reserved_words()[i], ", as in TVQA's caches");
  if (!idx2word.empty()) {
    const std::vector<std::string> names = read_pickled_names(idx2word);
    const auto [ours, theirs] =
        std::mismatch(words.begin(), words.end(), names.begin(), names.end());
    TORCH_CHECK(ours == words.end() && theirs == names.end(), idx2word, ": id ",
                ours - words.begin(), " is ",
                theirs == names.end() ? "missing" : "the word '" + *theirs + "'", ", unlike in ",
                word2idx, "; the two do not belong together");
  }
  return data::Vocabulary(std::move(words), kTvqaUnknownId);
}

std::vector<int64_t> encode_tvqa(const std::string& clean_text,
                                 const data::Vocabulary& vocabulary) {
  std::vector<int64_t> ids = data::encode(data::tvqa_words(clean_text), vocabulary);
  ids.push_back(vocabulary.id(kTvqaEnd));
  return ids;
}

}  // namespace vidqa::benchmarks
