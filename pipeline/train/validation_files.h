#pragma once

#include <string>
#include <vector>

#include "pipeline/train/checkpoint.h"
#include "pipeline/train/event_log.h"
#include "pipeline/train/metrics.h"
#include "pipeline/train/run_folder.h"

namespace vidqa::train {

/// Where the validations of a run go: metrics.csv, written anew each time, and TensorBoard's event
/// files, to which only new steps are added. The scalars there are train/loss, val/<metric>,
/// train/learning_rate, train/epoch and train/seconds, at the steps of metrics.csv; the text
/// "config" at step 0 is config.toml, where the run has one.
class ValidationFiles {
 public:
  /// `resumes`: the run goes on from a checkpoint, and what was written of it still holds.
  ValidationFiles(const RunFolder& run, PrimaryMetric metric, double learning_rate, bool resumes);

  /// `history`: all validations since the start of the run, in order.
  void write(const std::vector<Validation>& history);

 private:
  void write_config();

  RunFolder run_;
  PrimaryMetric metric_;
  double learning_rate_;
  EventLog events_;
};

}  // namespace vidqa::train
