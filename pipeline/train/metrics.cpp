#include "pipeline/train/metrics.h"

#include <charconv>

#include <c10/util/Exception.h>

namespace vidqa::train {
namespace {

double number(const std::string& text, const char* what, const Prediction& prediction) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  TORCH_CHECK(error == std::errc() && stop == end, "metrics: ", what, " of question '",
              prediction.question_id, "' must be a number, got '", text, "'");
  return value;
}

double gold_count(const Prediction& prediction) {
  return number(prediction.gold, "the right count", prediction);
}

double squared(double value) { return value * value; }

/// Adds a question to sums; divide() makes means of them.
void add(models::Task task, const Prediction& prediction, Metrics& sums) {
  ++sums.num_questions;
  sums.accuracy += prediction.correct ? 1 : 0;
  if (task == models::Task::kCount) {
    const double gold = gold_count(prediction);
    sums.mse += squared(prediction.raw_score - gold);
    sums.mse_rounded +=
        squared(number(prediction.prediction, "the predicted count", prediction) - gold);
  }
}

void divide(Metrics& sums) {
  const auto n = static_cast<double>(sums.num_questions);
  sums.accuracy /= n;
  sums.mse /= n;
  sums.mse_rounded /= n;
}

}  // namespace

MetricsReport compute_metrics(models::Task task, const std::vector<Prediction>& predictions) {
  MetricsReport report;
  if (predictions.empty()) return report;
  for (const Prediction& prediction : predictions) {
    add(task, prediction, report.all);
    add(task, prediction, report.by_type[prediction.type]);
  }
  divide(report.all);
  for (auto& [type, metrics] : report.by_type) divide(metrics);
  return report;
}

double PrimaryMetric::value(const Metrics& metrics) const {
  return higher_is_better ? metrics.accuracy : metrics.mse;
}

double PrimaryMetric::of(const Prediction& prediction) const {
  if (higher_is_better) return prediction.correct ? 1 : 0;
  return squared(prediction.raw_score - gold_count(prediction));
}

PrimaryMetric primary_metric(models::Task task) {
  if (task == models::Task::kCount) return {"mse", false};
  return {"accuracy", true};
}

}  // namespace vidqa::train
