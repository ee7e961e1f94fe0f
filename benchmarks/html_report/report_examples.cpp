#include "benchmarks/html_report/report_examples.h"

#include <algorithm>
#include <map>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/multiple_choice.h"
#include "benchmarks/table.h"
#include "features/hash.h"

namespace vidqa::benchmarks {
namespace {

/// Answers of an open-ended example that are shown at most.
constexpr size_t kMostAnswers = 12;

using train::Prediction;

bool is_disagreement(const RunResults& results, size_t question) {
  const bool first = results.runs.front().correct[question];
  return std::any_of(results.runs.begin(), results.runs.end(),
                     [&](const RunResult& run) { return run.correct[question] != first; });
}

/// Places of the questions, ascending.
std::vector<size_t> chosen_places(const RunResults& results, size_t most) {
  const size_t total = results.questions.size();
  std::vector<size_t> places;
  if (total <= most) {
    for (size_t i = 0; i < total; ++i) places.push_back(i);
    return places;
  }
  std::vector<std::pair<std::string, size_t>> order;
  for (size_t i = 0; i < total; ++i)
    order.emplace_back(features::sha256(results.questions[i].id), i);
  std::sort(order.begin(), order.end());
  std::vector<bool> taken(total, false);
  const auto take = [&](bool disagreements_only, size_t up_to) {
    for (const auto& [hash, i] : order) {
      if (places.size() >= up_to) return;
      if (taken[i] || (disagreements_only && !is_disagreement(results, i))) continue;
      taken[i] = true;
      places.push_back(i);
    }
  };
  take(true, (most + 1) / 2);
  take(false, most);
  std::sort(places.begin(), places.end());
  return places;
}

/// Whether all runs score the same answers in the same order, as in multiple choice.
bool same_candidates(const RunResults& results, size_t question) {
  const auto& first = results.runs.front().predictions[question].scores;
  return std::all_of(results.runs.begin(), results.runs.end(), [&](const RunResult& run) {
    const auto& scores = run.predictions[question].scores;
    return std::equal(first.begin(), first.end(), scores.begin(), scores.end(),
                      [](const auto& a, const auto& b) { return a.first == b.first; });
  });
}

std::vector<std::string> candidates_of(const RunResults& results, size_t question) {
  std::vector<std::string> answers;
  for (const auto& score : results.runs.front().predictions[question].scores)
    answers.push_back(score.first);
  return answers;
}

/// Those that any run gives a score, the best of every run before the second best of any.
std::vector<std::string> scored_answers(const RunResults& results, size_t question) {
  std::vector<std::string> answers;
  size_t longest = 0;
  for (const RunResult& run : results.runs)
    longest = std::max(longest, run.predictions[question].scores.size());
  for (size_t rank = 0; rank < longest; ++rank) {
    for (const RunResult& run : results.runs) {
      const auto& scores = run.predictions[question].scores;
      if (rank >= scores.size() || answers.size() == kMostAnswers) continue;
      const std::string& answer = scores[rank].first;
      if (std::find(answers.begin(), answers.end(), answer) == answers.end())
        answers.push_back(answer);
    }
  }
  return answers;
}

/// Place among the answers of the example of each that a prediction scores; none for those that
/// are not shown.
std::vector<std::optional<size_t>> places_of_scores(const Prediction& prediction,
                                                    const std::vector<std::string>& answers,
                                                    bool by_place) {
  std::vector<std::optional<size_t>> places;
  for (size_t i = 0; i < prediction.scores.size(); ++i) {
    const auto found = std::find(answers.begin(), answers.end(), prediction.scores[i].first);
    if (by_place)
      places.emplace_back(i);
    else if (found != answers.end())
      places.emplace_back(static_cast<size_t>(found - answers.begin()));
    else
      places.emplace_back(std::nullopt);
  }
  return places;
}

/// Throws where weights and seconds do not belong together.
void check_attention(const RunResult& run, const Prediction& prediction) {
  if (!prediction.attention) return;
  const train::FrameAttention& attention = *prediction.attention;
  TORCH_CHECK(attention.seconds.empty() || attention.seconds.size() == attention.weights.size(),
              run.name, ": question '", prediction.question_id, "': attention has ",
              attention.weights.size(), " weights for ", attention.seconds.size(), " frames");
}

ExampleArm example_arm(const RunResults& results, size_t question, const ArmRuns& runs,
                       const std::vector<std::string>& answers, bool by_place) {
  ExampleArm arm;
  std::vector<double> sums(answers.size(), 0);
  std::vector<int64_t> counts(answers.size(), 0);
  arm.chosen.resize(answers.size(), 0);
  for (const size_t r : runs) {
    const RunResult& run = results.runs[r];
    const Prediction& p = run.predictions[question];
    ++arm.num_runs;
    arm.num_right += p.correct ? 1 : 0;
    check_attention(run, p);
    if (!arm.attention) arm.attention = p.attention;
    if (p.scores.empty()) {
      arm.raw_count = arm.raw_count.value_or(0) + p.raw_score / static_cast<double>(runs.size());
      arm.said += (arm.said.empty() ? "" : ", ") + p.prediction;
      continue;
    }
    const std::vector<std::optional<size_t>> places = places_of_scores(p, answers, by_place);
    for (size_t i = 0; i < places.size(); ++i) {
      if (!places[i]) continue;
      sums[*places[i]] += p.scores[i].second;
      ++counts[*places[i]];
    }
    if (const std::optional<size_t> chosen = places[chosen_candidate(p)]) ++arm.chosen[*chosen];
  }
  for (size_t i = 0; i < answers.size(); ++i)
    arm.scores.push_back(counts[i] == 0
                             ? std::nullopt
                             : std::optional<double>(sums[i] / static_cast<double>(counts[i])));
  return arm;
}

ReportExample make_example(const RunResults& results, size_t question,
                           const std::vector<ArmRuns>& arms) {
  const Prediction& first = results.runs.front().predictions[question];
  ReportExample example;
  example.id = first.question_id;
  example.video = first.video;
  example.type = first.type;
  for (const RunResult& run : results.runs) {  // an older run may not have kept it
    if (example.question.empty()) example.question = run.predictions[question].question;
  }
  example.gold = first.gold;
  const bool by_place = same_candidates(results, question);
  example.answers = by_place ? candidates_of(results, question) : scored_answers(results, question);
  for (const ArmRuns& arm : arms)
    example.arms.push_back(example_arm(results, question, arm, example.answers, by_place));
  return example;
}

}  // namespace

ChosenExamples choose_examples(const RunResults& results, const std::vector<ArmRuns>& arms,
                               int64_t max_examples) {
  TORCH_CHECK(max_examples >= 0, "examples: must not be negative, got ", max_examples);
  const std::vector<size_t> places = chosen_places(results, static_cast<size_t>(max_examples));
  ChosenExamples chosen;
  for (const size_t place : places) chosen.examples.push_back(make_example(results, place, arms));
  const auto total = static_cast<int64_t>(results.questions.size());
  chosen.how =
      total <= max_examples
          ? fmt::format("All {} questions.", grouped(total))
          : fmt::format(
                "{} of {} questions, drawn by a hash of their ids: up to half of them from "
                "those that some run answers rightly and another wrongly, so do not count "
                "among them.",
                grouped(static_cast<int64_t>(places.size())), grouped(total));
  return chosen;
}

}  // namespace vidqa::benchmarks
