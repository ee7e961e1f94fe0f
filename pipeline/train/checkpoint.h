#pragma once

#include <string>

#include <torch/optim.h>

#include "models/model.h"

namespace vidqa::train {

/// Where a training stands.
struct TrainState {
  int64_t epochs_done = 0;
  int64_t best_epoch = 0;
  double best_metric = 0;
  int64_t validations_since_best = 0;
  std::string config_identity;
};

/// Writes parameters, buffers, optimiser state (may be null) and `state`, with a checksum of every tensor. Atomic.
void save_checkpoint(const std::string& path, const models::Model& model, const torch::optim::Optimizer* optimizer,
                     const TrainState& state);

/// Loads into `model` (and `optimizer` unless null). Throws c10::Error naming the file and the tensor that is missing, has
/// another shape, or does not match its checksum.
TrainState load_checkpoint(const std::string& path, models::Model& model, torch::optim::Optimizer* optimizer);

}  // namespace vidqa::train
