#include "benchmarks/datasets/answer_set.h"

#include <algorithm>

#include <c10/util/Exception.h>
#include <fmt/format.h>

namespace vidqa::benchmarks {
namespace {

bool is_unanswerable(const data::Question& question) {
  return question.label == data::Question::kNoLabel;
}

void note_unanswerable(data::QaCorpus& corpus, const char* split,
                       const std::vector<data::Question>& questions) {
  const auto outside = std::count_if(questions.begin(), questions.end(), is_unanswerable);
  if (outside > 0)
    corpus.notes.push_back(
        fmt::format("{} of {} {} questions have answers outside the answer set and count as wrong",
                    outside, questions.size(), split));
}

}  // namespace

void apply_answer_set(data::QaCorpus& corpus) {
  const size_t before = corpus.train.size();
  corpus.train.erase(std::remove_if(corpus.train.begin(), corpus.train.end(), is_unanswerable),
                     corpus.train.end());
  TORCH_CHECK(
      !corpus.train.empty(), corpus.name, ": none of the ", before,
      " training questions has an answer of the answer set; the files do not belong together");
  if (const size_t dropped = before - corpus.train.size(); dropped > 0)
    corpus.notes.push_back(
        fmt::format("{} of {} training questions were dropped, as published: their answers are "
                    "outside the answer set",
                    dropped, before));
  note_unanswerable(corpus, "validation", corpus.val);
  note_unanswerable(corpus, "test", corpus.test);
}

}  // namespace vidqa::benchmarks
