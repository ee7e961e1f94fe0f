#include "benchmarks/datasets/tgif_vocabulary.h"

#include <algorithm>
#include <set>
#include <utility>

#include <c10/util/Exception.h>

#include "benchmarks/datasets/pickled_index.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

constexpr const char* kPadding = "#START#";
constexpr const char* kTgifUnknownWord = "UNK";
constexpr int64_t kTgifUnknownId = 1;

}  // namespace

data::Vocabulary read_tgif_vocabulary(const std::string& path) {
  std::vector<std::string> words = read_pickled_index(path);
  const auto unknown = std::find(words.begin(), words.end(), kTgifUnknownWord);
  TORCH_CHECK(unknown != words.end(), path, ": needs the word ", kTgifUnknownWord,
              " for unknown words");
  const int64_t unknown_id = unknown - words.begin();
  return data::Vocabulary(std::move(words), unknown_id);
}

std::vector<std::string> read_tgif_answers(const std::string& path) {
  return read_pickled_index(path);
}

data::Vocabulary build_tgif_vocabulary(const data::CsvTable& table,
                                       const std::vector<std::string>& columns,
                                       bool with_end_of_sentence) {
  std::set<std::string> distinct;
  for (int64_t row = 0; row < table.rows(); ++row)
    for (const std::string& column : columns)
      for (std::string& word : data::tgif_words(table.text(row, column)))
        distinct.insert(std::move(word));
  if (with_end_of_sentence) distinct.insert(kEndOfSentence);
  std::vector<std::string> words = {kPadding, kTgifUnknownWord};
  words.insert(words.end(), distinct.begin(), distinct.end());
  return data::Vocabulary(std::move(words), kTgifUnknownId);
}

std::vector<std::string> build_tgif_answers(const data::CsvTable& table) {
  std::set<std::string> distinct;
  for (int64_t row = 0; row < table.rows(); ++row) distinct.insert(table.text(row, "answer"));
  return {distinct.begin(), distinct.end()};
}

}  // namespace vidqa::benchmarks
