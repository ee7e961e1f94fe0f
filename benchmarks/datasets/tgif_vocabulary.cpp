#include "benchmarks/datasets/tgif_vocabulary.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include <c10/util/Exception.h>

#include "features/pickle.h"
#include "pipeline/data/text_file.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

namespace pickle = features::pickle;

constexpr const char* kPadding = "#START#";
constexpr const char* kTgifUnknownWord = "UNK";
constexpr int64_t kUnknownId = 1;

/// Reads {str: int} whose values are 0 .. size-1, each once.
std::vector<std::string> read_index(const std::string& path) {
  const std::string content = data::read_text(path);
  std::vector<std::string> names;
  std::vector<bool> taken;
  try {
    const pickle::ValuePtr root = pickle::read(content, pickle::numpy_globals());
    const pickle::Dict& index = pickle::as_dict(*root);
    names.resize(index.items.size());
    taken.resize(index.items.size(), false);
    for (const auto& [key, value] : index.items) {
      const std::string& name = pickle::as_string(*key);
      const int64_t id = pickle::as_int(*value);
      const bool valid = id >= 0 && id < static_cast<int64_t>(names.size());
      TORCH_CHECK(valid && !taken[static_cast<size_t>(id)], path, ": '", name, "' has id ", id,
                  ", but ids must run from 0 to ", names.size(), " - 1, each once");
      taken[static_cast<size_t>(id)] = true;
      names[static_cast<size_t>(id)] = name;
    }
  } catch (const c10::Error&) {
    throw;
  } catch (const std::runtime_error& error) {
    TORCH_CHECK(false, path, ": is not a pickled {word: id}: ", error.what());
  }
  TORCH_CHECK(!names.empty(), path, ": holds no words");
  return names;
}

}  // namespace

data::Vocabulary read_tgif_vocabulary(const std::string& path) {
  std::vector<std::string> words = read_index(path);
  const auto unknown = std::find(words.begin(), words.end(), kTgifUnknownWord);
  TORCH_CHECK(unknown != words.end(), path, ": needs the word ", kTgifUnknownWord,
              " for unknown words");
  const int64_t unknown_id = unknown - words.begin();
  return data::Vocabulary(std::move(words), unknown_id);
}

std::vector<std::string> read_tgif_answers(const std::string& path) { return read_index(path); }

data::Vocabulary build_tgif_vocabulary(const data::TsvTable& table,
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
  return data::Vocabulary(std::move(words), kUnknownId);
}

std::vector<std::string> build_tgif_answers(const data::TsvTable& table) {
  std::set<std::string> distinct;
  for (int64_t row = 0; row < table.rows(); ++row) distinct.insert(table.text(row, "answer"));
  return {distinct.begin(), distinct.end()};
}

}  // namespace vidqa::benchmarks
