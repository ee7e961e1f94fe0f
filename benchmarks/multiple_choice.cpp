#include "benchmarks/multiple_choice.h"

#include <algorithm>

#include <c10/util/Exception.h>

namespace vidqa::benchmarks {

size_t chosen_candidate(const train::Prediction& prediction) {
  const auto& candidates = prediction.scores;
  const auto chosen = std::find(candidates.begin(), candidates.end(),
                                std::make_pair(prediction.prediction, prediction.raw_score));
  TORCH_CHECK(chosen != candidates.end(), "question '", prediction.question_id, "': its answer '",
              prediction.prediction,
              "' is not among the candidates: this takes multiple-choice predictions");
  return static_cast<size_t>(chosen - candidates.begin());
}

size_t right_candidate(const train::Prediction& prediction) {
  const size_t chosen = chosen_candidate(prediction);
  if (prediction.correct) return chosen;
  for (size_t i = 0; i < prediction.scores.size(); ++i) {
    if (i != chosen && prediction.scores[i].first == prediction.gold) return i;
  }
  TORCH_CHECK(false, "question '", prediction.question_id, "': the right answer '", prediction.gold,
              "' is not among the candidates: this takes multiple-choice predictions");
}

size_t best_candidate(const std::vector<double>& scores) {
  return static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace vidqa::benchmarks
