#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/task.h"
#include "pipeline/train/predictions.h"
#include "pipeline/train/wups.h"

namespace vidqa::train {

/// Figures of one question type, or of all of them.
struct Metrics {
  int64_t num_questions = 0;
  double accuracy = 0;     ///< share of right answers, 0..1; Count: of exactly right rounded counts
  double mse = 0;          ///< Count: mean squared error of the raw score (HME's figure); else 0
  double mse_rounded = 0;  ///< Count: of the rounded, clamped prediction (TGIF-QA's figure); else 0
  std::optional<double> wups_0;  ///< mean WUPS at threshold 0.0, 0..1, where it was asked for
  std::optional<double> wups_9;  ///< the same at 0.9
};

struct MetricsReport {
  Metrics all;
  std::map<std::string, Metrics> by_type;  ///< question type -> figures
  double mean_of_types = 0;                ///< unweighted mean of their accuracies
};

/// `wups`: measures WUPS of predicted and right answer as well; null: does not.
MetricsReport compute_metrics(models::Task task, const std::vector<Prediction>& predictions,
                              const Wups* wups = nullptr);

/// The figure that selects a checkpoint and that tables show: accuracy (higher is better), Count:
/// mse (lower is better).
struct PrimaryMetric {
  std::string name;  ///< "accuracy" or "mse"
  bool higher_is_better;
  double value(const Metrics& metrics) const;
  /// Value of a single question, whose mean over questions is value(): 1/0, or the squared error of
  /// the raw score.
  double of(const Prediction& prediction) const;
  bool better(double a, double b) const { return higher_is_better ? a > b : a < b; }
};

PrimaryMetric primary_metric(models::Task task);

}  // namespace vidqa::train
