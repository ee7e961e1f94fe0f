#pragma once

#include <string>
#include <vector>

#include <torch/optim.h>

#include "models/model.h"

namespace vidqa::train {

/// One line of metrics.csv.
struct Validation {
  int64_t epoch = 0;      ///< 1-based
  int64_t step = 0;       ///< optimiser steps since the start of the run
  double train_loss = 0;  ///< mean over the questions since the validation before
  double val = 0;         ///< primary metric on the validation split
  double seconds = 0;     ///< training only, since the validation before
};

/// Where a training stands.
struct TrainState {
  int64_t epochs_done = 0;
  int64_t best_epoch = 0;
  double best_metric = 0;
  int64_t unproductive_epochs = 0;  ///< those that count against the patience
  std::string config_identity;
  std::vector<Validation> history;  ///< the last of each epoch is at its end
};

/// Writes parameters, buffers, optimiser state (may be null) and `state`. Atomic.
///
/// The file is a LibTorch archive (zip) of `model`, `optimizer` and `state` (JSON), then a last
/// line "vidqa checkpoint sha256 <64 hex digits>\n" over everything before it: LibTorch's own
/// reader does not notice many flipped bytes, and may read outside its buffers when sizes are among
/// them.
void save_checkpoint(const std::string& path, const models::Model& model,
                     const torch::optim::Optimizer* optimizer, const TrainState& state);

/// Loads into `model` (and `optimizer` unless null). Throws c10::Error naming the file when it is
/// truncated or damaged in any byte, and file and tensor when one is missing, is not the model's,
/// or has another shape or type. `model` is then as it was.
TrainState load_checkpoint(const std::string& path, models::Model& model,
                           torch::optim::Optimizer* optimizer);

/// The state alone, with the same checks of the file.
TrainState read_checkpoint_state(const std::string& path);

/// Throws c10::Error naming the lines that differ when there is a checkpoint at `path` and it was
/// written under another identity (`key=value` lines).
void check_same_run(const std::string& path, const std::string& identity);

}  // namespace vidqa::train
