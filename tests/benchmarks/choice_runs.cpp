#include "tests/benchmarks/choice_runs.h"

#include <algorithm>

namespace vidqa::benchmarks {

train::Prediction choice(const std::string& id, const std::vector<double>& scores, size_t right) {
  const auto name = [](size_t place) { return std::string(1, static_cast<char>('a' + place)); };
  const auto best =
      static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  train::Prediction p;
  p.question_id = id;
  p.video = "clip of " + id;
  p.type = "what";
  p.prediction = name(best);
  p.gold = name(right);
  p.correct = best == right;
  p.raw_score = scores[best];
  for (size_t i = 0; i < scores.size(); ++i) p.scores.emplace_back(name(i), scores[i]);
  return p;
}

train::Prediction choice_of_streams(const std::string& id,
                                    const std::map<std::string, std::vector<double>>& stream_scores,
                                    size_t right) {
  std::vector<double> sums(stream_scores.begin()->second.size(), 0.0);
  for (const auto& [stream, scores] : stream_scores) {
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += scores[i];
  }
  train::Prediction p = choice(id, sums, right);
  p.stream_scores = stream_scores;
  return p;
}

RunResults results_of(
    const std::vector<std::pair<std::string, std::vector<train::Prediction>>>& runs) {
  RunResults results;
  for (const train::Prediction& p : runs.front().second)
    results.questions.push_back({p.question_id, p.video, p.type});
  for (const auto& [name, predictions] : runs) {
    RunResult run{name, {}, predictions};
    for (const train::Prediction& p : predictions) run.correct.push_back(p.correct);
    results.runs.push_back(std::move(run));
  }
  return results;
}

RunResults results_of(const std::vector<std::pair<std::string, std::string>>& runs,
                      const std::vector<std::string>& types) {
  RunResults results;
  for (size_t i = 0; i < runs.front().second.size(); ++i)
    results.questions.push_back({std::to_string(i + 1), "", types.empty() ? "" : types[i]});
  for (const auto& [name, digits] : runs) {
    RunResult run{name, {}, {}};
    for (const char digit : digits) run.correct.push_back(digit == '1');
    results.runs.push_back(std::move(run));
  }
  return results;
}

}  // namespace vidqa::benchmarks
