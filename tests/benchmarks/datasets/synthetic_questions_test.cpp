#include "benchmarks/datasets/synthetic_questions.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "benchmarks/datasets/dataset.h"
#include "tests/benchmarks/datasets/synthetic_clip.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using Questions = std::vector<data::Question>;
/// What a rule that sees no video may look at.
using Key = std::function<std::string(const data::Question&)>;

constexpr int64_t kClips = 600;

/// The annotations of kClips clips, without their videos.
class SyntheticQuestions : public ::testing::TestWithParam<uint64_t> {
 protected:
  void SetUp() override {
    std::vector<synthetic::Scene> scenes;
    for (int64_t i = 0; i < kClips; ++i)
      scenes.push_back(synthetic::make_scene(GetParam(), i, kFrames));
    for (const char* name : {"tgif_qa", "msvd_qa"})
      std::filesystem::create_directory(folder_.path() / name);
    for (const auto& [name, content] : synthetic::annotation_files(GetParam(), scenes))
      std::ofstream(folder_.path() / name, std::ios::binary) << content;
  }
  data::QaCorpus load(const std::string& name) {
    return load_dataset(name, {folder_.path().string()});
  }
  vidqa::testing::TempDir folder_;
};

/// Accuracy on `test` of "the most frequent answer of `train` for this key".
double most_frequent_answer(const Questions& train, const Questions& test, const Key& key) {
  std::map<std::string, std::map<std::string, int64_t>> counts;
  for (const auto& question : train) ++counts[key(question)][question.answer];
  int64_t right = 0;
  for (const auto& question : test) {
    std::string best;
    int64_t most = 0;
    for (const auto& [answer, count] : counts[key(question)]) {
      if (count <= most) continue;
      most = count;
      best = answer;
    }
    right += best == question.answer ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(test.size());
}

/// Accuracy on `test` of "the candidate that is right most often in `train` when it is offered".
double best_candidate(const Questions& train, const Questions& test, const Key& key) {
  std::map<std::string, std::pair<double, double>> right_of_offered;
  for (const auto& question : train) {
    for (const std::string& candidate : question.candidates) {
      auto& [right, offered] = right_of_offered[key(question) + candidate];
      right += candidate == question.answer ? 1 : 0;
      offered += 1;
    }
  }
  int64_t hits = 0;
  for (const auto& question : test) {
    std::string best;
    double best_rate = -1;
    for (const std::string& candidate : question.candidates) {
      const auto [right, offered] = right_of_offered[key(question) + candidate];
      const double rate = offered > 0 ? right / offered : 0;
      if (rate <= best_rate) continue;
      best_rate = rate;
      best = candidate;
    }
    hits += best == question.answer ? 1 : 0;
  }
  return static_cast<double>(hits) / static_cast<double>(test.size());
}

/// Accuracy of guessing evenly among the answers that a wording has.
double chance(const Questions& questions) {
  std::map<std::string, std::set<std::string>> answers;
  for (const auto& question : questions) answers[question.text].insert(question.answer);
  double sum = 0;
  for (const auto& question : questions)
    sum += 1.0 / static_cast<double>(answers[question.text].size());
  return sum / static_cast<double>(questions.size());
}

/// Three standard errors of an accuracy over so many questions.
double noise(double accuracy, size_t questions) {
  return 3 * std::sqrt(accuracy * (1 - accuracy) / static_cast<double>(questions));
}

std::string type_of(const data::Question& question) { return question.type; }
std::string text_of(const data::Question& question) { return question.text; }
std::string nothing(const data::Question&) { return ""; }

Questions all_training(const data::QaCorpus& corpus) {
  Questions questions = corpus.train;
  questions.insert(questions.end(), corpus.val.begin(), corpus.val.end());
  return questions;
}

TEST_P(SyntheticQuestions, NoRuleOfTheTextBeatsChanceInOpenEndedQuestions) {
  for (const char* name : {"msvd-qa", "tgif-frameqa"}) {
    const data::QaCorpus corpus = load(name);
    const double expected = chance(corpus.test);
    for (const Key& key : {Key(type_of), Key(text_of)})
      EXPECT_LE(most_frequent_answer(corpus.train, corpus.test, key),
                expected + noise(expected, corpus.test.size()))
          << name;
  }
}

TEST_P(SyntheticQuestions, NoRuleOfTheTextBeatsChanceInMultipleChoice) {
  for (const char* name : {"tgif-action", "tgif-transition"}) {
    const data::QaCorpus corpus = load(name);
    const Questions train = all_training(corpus);
    const double limit = 0.2 + noise(0.2, corpus.test.size());
    const auto place_as_answer = [](Questions questions) {
      for (auto& question : questions) question.answer = std::to_string(question.label);
      return questions;
    };
    for (const Key& key : {Key(nothing), Key(type_of), Key(text_of)}) {
      EXPECT_LE(best_candidate(train, corpus.test, key), limit) << name;
      EXPECT_LE(most_frequent_answer(place_as_answer(train), place_as_answer(corpus.test), key),
                limit)
          << name;
    }
  }
}

TEST_P(SyntheticQuestions, NoRuleOfTheTextBeatsTheMeanCount) {
  const data::QaCorpus corpus = load("tgif-count");
  std::map<std::string, std::pair<double, double>> sums;
  for (const auto& question : corpus.train) {
    sums[question.text].first += static_cast<double>(question.label);
    sums[question.text].second += 1;
  }
  double squares = 0;
  for (const auto& question : corpus.test) {
    const double distance = static_cast<double>(question.label) -
                            sums[question.text].first / sums[question.text].second;
    squares += distance * distance / static_cast<double>(corpus.test.size());
  }
  EXPECT_GT(squares, 0.9 * 4);  // the variance of 2 .. 8 is 4
}

TEST_P(SyntheticQuestions, TheseRulesWouldFindAnAnswerInTheText) {
  data::QaCorpus corpus = load("tgif-action");
  for (Questions* questions : {&corpus.train, &corpus.test})
    for (auto& question : *questions) question.text += question.answer;
  EXPECT_EQ(best_candidate(corpus.train, corpus.test, text_of), 1);
  EXPECT_EQ(most_frequent_answer(corpus.train, corpus.test, text_of), 1);
}

TEST_P(SyntheticQuestions, AnswersOfEveryWordingAreBalancedInEverySplit) {
  for (const char* name : {"msvd-qa", "tgif-frameqa", "tgif-count"}) {
    const data::QaCorpus corpus = load(name);
    for (const Questions* split : {&corpus.train, &corpus.test}) {
      if (split == &corpus.train && corpus.name != "msvd-qa")
        continue;  // its validation split is drawn
      std::map<std::string, std::map<std::string, int64_t>> counts;
      for (const auto& question : *split) ++counts[question.text][question.answer];
      for (const auto& [text, answers] : counts) {
        for (const auto& [answer, count] : answers) {
          int64_t total = 0;
          for (const auto& [other, other_count] : answers) total += other_count;
          const double even = static_cast<double>(total) / static_cast<double>(answers.size());
          EXPECT_NEAR(static_cast<double>(count), even, 2.01)
              << name << ": " << text << " " << answer;
        }
      }
    }
  }
}

TEST_P(SyntheticQuestions, TransitionAlwaysOffersBothActionsOfTheClip) {
  const data::QaCorpus corpus = load("tgif-transition");
  std::map<std::string, std::set<std::string>> answers;
  for (const auto& question : corpus.test) answers[question.video].insert(question.answer);
  for (const auto& question : corpus.test) {
    const std::set<std::string> candidates(question.candidates.begin(), question.candidates.end());
    EXPECT_EQ(candidates.size(), 5U);
    for (const std::string& answer : answers[question.video])
      EXPECT_EQ(candidates.count(answer), 1U);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SyntheticQuestions, ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace vidqa::benchmarks
