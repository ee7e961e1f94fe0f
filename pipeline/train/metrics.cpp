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

void add_wups(double at_0, double at_9, Metrics& sums) {
  sums.wups_0 = sums.wups_0.value_or(0) + at_0;
  sums.wups_9 = sums.wups_9.value_or(0) + at_9;
}

void divide(Metrics& sums) {
  const auto n = static_cast<double>(sums.num_questions);
  sums.accuracy /= n;
  sums.mse /= n;
  sums.mse_rounded /= n;
  if (sums.wups_0) *sums.wups_0 /= n;
  if (sums.wups_9) *sums.wups_9 /= n;
}

}  // namespace

MetricsReport compute_metrics(models::Task task, const std::vector<Prediction>& predictions,
                              const Wups* wups) {
  MetricsReport report;
  if (predictions.empty()) return report;
  for (const Prediction& prediction : predictions) {
    add(task, prediction, report.all);
    Metrics& of_type = report.by_type[prediction.type];
    add(task, prediction, of_type);
    if (wups == nullptr) continue;
    const double at_0 = wups->score(prediction.prediction, prediction.gold, 0.0);
    const double at_9 = wups->score(prediction.prediction, prediction.gold, 0.9);
    add_wups(at_0, at_9, report.all);
    add_wups(at_0, at_9, of_type);
  }
  divide(report.all);
  for (auto& [type, metrics] : report.by_type) {
    divide(metrics);
    report.mean_of_types += metrics.accuracy / static_cast<double>(report.by_type.size());
  }
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
