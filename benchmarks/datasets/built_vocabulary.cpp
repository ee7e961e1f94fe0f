#include "benchmarks/datasets/built_vocabulary.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/datasets/answer_set.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

constexpr int64_t kBuiltUnknownId = 1;
constexpr int64_t kMinCount = 2;

using Counts = std::map<std::string, int64_t>;

/// Names by falling count, ties in byte order.
std::vector<std::string> by_count(const Counts& counts) {
  std::vector<std::pair<std::string, int64_t>> items(counts.begin(), counts.end());
  std::stable_sort(items.begin(), items.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> names;
  names.reserve(items.size());
  for (auto& item : items) names.push_back(std::move(item.first));
  return names;
}

void count_words(const std::string& text, SplitIntoWords split, Counts& counts) {
  for (const std::string& word : split(text)) ++counts[word];
}

}  // namespace

std::vector<std::string> most_frequent_answers(const std::vector<data::Question>& train,
                                               int64_t size) {
  TORCH_CHECK(size >= 1, "answer set: its size must be at least 1, got ", size);
  Counts counts;
  for (const data::Question& question : train) ++counts[question.answer];
  std::vector<std::string> answers = by_count(counts);
  answers.resize(std::min(answers.size(), static_cast<size_t>(size)));
  return answers;
}

void build_answer_set(data::QaCorpus& corpus, int64_t size) {
  corpus.answers = most_frequent_answers(corpus.train, size);
  std::unordered_map<std::string, int64_t> classes;
  for (size_t i = 0; i < corpus.answers.size(); ++i)
    classes.emplace(corpus.answers[i], static_cast<int64_t>(i));
  for (auto* questions : {&corpus.train, &corpus.val, &corpus.test})
    for (data::Question& question : *questions) {
      const auto found = classes.find(question.answer);
      question.label = found != classes.end() ? found->second : data::Question::kNoLabel;
    }
  corpus.notes.push_back(fmt::format(
      "the answer set is made of the {} most frequent training answers", corpus.answers.size()));
  apply_answer_set(corpus);
}

void build_vocabulary(data::QaCorpus& corpus, SplitIntoWords split) {
  Counts counts;
  for (const data::Question& question : corpus.train) {
    count_words(question.text, split, counts);
    for (const std::string& candidate : question.candidates) count_words(candidate, split, counts);
  }
  std::vector<std::string> words = {"<pad>", "<unk>"};
  for (std::string& word : by_count(counts))
    if (counts[word] >= kMinCount) words.push_back(std::move(word));
  corpus.vocabulary = data::Vocabulary(std::move(words), kBuiltUnknownId);
  for (auto* questions : {&corpus.train, &corpus.val, &corpus.test})
    for (data::Question& question : *questions) encode_question(corpus.vocabulary, split, question);
  corpus.notes.push_back(
      fmt::format("the vocabulary of {} words was built from the training questions: words that "
                  "stand twice or more",
                  corpus.vocabulary.size()));
}

void encode_question(const data::Vocabulary& vocabulary, SplitIntoWords split,
                     data::Question& question) {
  const std::vector<int64_t> ids = data::encode(split(question.text), vocabulary);
  question.word_ids.clear();
  if (question.candidates.empty()) question.word_ids.push_back(ids);
  for (const std::string& candidate : question.candidates) {
    question.word_ids.push_back(ids);
    const std::vector<int64_t> answer = data::encode(split(candidate), vocabulary);
    question.word_ids.back().insert(question.word_ids.back().end(), answer.begin(), answer.end());
  }
}

}  // namespace vidqa::benchmarks
