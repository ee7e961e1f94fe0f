#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <torch/optim.h>

#include "pipeline/train/checkpoint.h"
#include "pipeline/train/trainer.h"

namespace vidqa::train {

std::unique_ptr<torch::optim::Optimizer> make_optimizer(
    const TrainOptions& options, const std::vector<torch::Tensor>& parameters);

/// One pass over the training questions. `validate` takes a record of all but `val` at the times
/// that the options give, the last one at the end of the epoch. Order, dropout and the rows that
/// are drawn depend on (options.seed, epoch, step) alone. Throws c10::Error naming epoch and step
/// when the loss is not finite.
void train_epoch(models::Model& model, torch::optim::Optimizer& optimizer,
                 const data::QaDataset& dataset, const TrainOptions& options, torch::Device device,
                 int64_t epoch, const TrainObserver& observer,
                 const std::function<void(const Validation&)>& validate);

}  // namespace vidqa::train
