#include "benchmarks/baselines.h"

#include <map>
#include <string>

#include "benchmarks/statistics/descriptive.h"

namespace vidqa::benchmarks {
namespace {

constexpr int64_t kLargestCount = 10;

double squared(double value) { return value * value; }

double chance_value(const data::QaCorpus& corpus, const data::Question& question) {
  switch (corpus.task) {
    case models::Task::kOpenEnded:
      return question.label == data::Question::kNoLabel
                 ? 0
                 : 1 / static_cast<double>(corpus.answers.size());
    case models::Task::kMultipleChoice:
      return 1 / static_cast<double>(question.candidates.size());
    case models::Task::kCount: {
      double sum = 0;
      for (int64_t count = 1; count <= kLargestCount; ++count)
        sum += squared(static_cast<double>(count - question.label));
      return sum / kLargestCount;
    }
  }
  return 0;
}

/// How often each answer was right; labels for open-ended and Count, texts for multiple choice.
template <typename Answer>
using Counts = std::map<Answer, int64_t>;

/// Counts per question type, and over all of them for a type that never came.
template <typename Answer>
class CountsByType {
 public:
  void add(const std::string& type, const Answer& answer) {
    ++by_type_[type][answer];
    ++all_[answer];
  }
  const Counts<Answer>& of(const std::string& type) const {
    const auto found = by_type_.find(type);
    return found != by_type_.end() ? found->second : all_;
  }

 private:
  std::map<std::string, Counts<Answer>> by_type_;
  Counts<Answer> all_;
};

/// The first of the most frequent labels in ascending order.
int64_t most_frequent_label(const Counts<int64_t>& counts) {
  int64_t best = data::Question::kNoLabel;
  int64_t best_count = 0;
  for (const auto& [label, count] : counts) {
    if (count > best_count) {
      best = label;
      best_count = count;
    }
  }
  return best;
}

int64_t most_frequent_candidate(const Counts<std::string>& counts,
                                const std::vector<std::string>& candidates) {
  size_t best = 0;
  int64_t best_count = 0;
  for (size_t a = 0; a < candidates.size(); ++a) {
    const auto found = counts.find(candidates[a]);
    if (found != counts.end() && found->second > best_count) {
      best = a;
      best_count = found->second;
    }
  }
  return static_cast<int64_t>(best);
}

std::vector<double> most_frequent_choices(const data::QaCorpus& corpus,
                                          const std::vector<data::Question>& questions) {
  CountsByType<std::string> counts;
  for (const data::Question& q : corpus.train)
    counts.add(q.type, q.candidates.at(static_cast<size_t>(q.label)));
  std::vector<double> values;
  for (const data::Question& q : questions)
    values.push_back(most_frequent_candidate(counts.of(q.type), q.candidates) == q.label ? 1 : 0);
  return values;
}

}  // namespace

std::vector<double> chance_values(const data::QaCorpus& corpus,
                                  const std::vector<data::Question>& questions) {
  std::vector<double> values;
  for (const data::Question& question : questions) values.push_back(chance_value(corpus, question));
  return values;
}

std::vector<double> most_frequent_values(const data::QaCorpus& corpus,
                                         const std::vector<data::Question>& questions) {
  if (corpus.task == models::Task::kMultipleChoice) return most_frequent_choices(corpus, questions);
  CountsByType<int64_t> counts;
  for (const data::Question& q : corpus.train) counts.add(q.type, q.label);
  std::vector<double> values;
  for (const data::Question& q : questions) {
    const int64_t answer = most_frequent_label(counts.of(q.type));
    values.push_back(corpus.task == models::Task::kCount
                         ? squared(static_cast<double>(answer - q.label))
                         : (answer == q.label ? 1 : 0));
  }
  return values;
}

double mean_count_mse(const data::QaCorpus& corpus, const std::vector<data::Question>& questions) {
  double sum = 0;
  for (const data::Question& q : corpus.train) sum += static_cast<double>(q.label);
  const double answer = sum / static_cast<double>(corpus.train.size());
  std::vector<double> errors;
  for (const data::Question& q : questions)
    errors.push_back(squared(answer - static_cast<double>(q.label)));
  return mean(errors);
}

}  // namespace vidqa::benchmarks
