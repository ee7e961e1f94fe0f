#include "pipeline/train/train_epoch.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

#include "pipeline/data/seeded_random.h"
#include "pipeline/train/radam.h"

namespace vidqa::train {
namespace {

/// Whether the split is scored after this batch of an epoch (from 0), which is not its last.
bool validates_after(const TrainOptions& options, int64_t batch) {
  return options.validate_every > 0 && batch >= options.validate_first &&
         (batch - options.validate_first) % options.validate_every == 0;
}

}  // namespace

std::unique_ptr<torch::optim::Optimizer> make_optimizer(
    const TrainOptions& options, const std::vector<torch::Tensor>& parameters) {
  if (options.optimizer == Optimizer::kRAdam)
    return std::make_unique<RAdam>(
        parameters, RAdamOptions(options.learning_rate).weight_decay(options.weight_decay));
  return std::make_unique<torch::optim::Adam>(parameters,
                                              torch::optim::AdamOptions(options.learning_rate)
                                                  .betas({0.9, 0.999})
                                                  .eps(1e-8)
                                                  .weight_decay(options.weight_decay));
}

void train_epoch(models::Model& model, torch::optim::Optimizer& optimizer,
                 const data::QaDataset& dataset, const TrainOptions& options, torch::Device device,
                 int64_t epoch, const TrainObserver& observer,
                 const std::function<void(const Validation&)>& validate) {
  enum Purpose : uint64_t { kOrder, kDropout, kRows };
  using Clock = std::chrono::steady_clock;
  std::vector<int64_t> order(static_cast<size_t>(dataset.size()));
  std::iota(order.begin(), order.end(), 0);
  data::SeededRandom({options.seed, kOrder, static_cast<uint64_t>(epoch)}).shuffle(order);
  const int64_t batches = (dataset.size() + options.batch_size - 1) / options.batch_size;
  const std::vector<torch::Tensor> parameters = model.trainable_parameters();

  model.train();
  double loss_sum = 0;
  int64_t questions = 0;
  Clock::time_point start = Clock::now();
  for (int64_t b = 0; b < batches; ++b) {
    const int64_t step = (epoch - 1) * batches + b + 1;
    const auto first = order.begin() + b * options.batch_size;
    const auto last = order.begin() + std::min(dataset.size(), (b + 1) * options.batch_size);
    const auto bits = [&](Purpose purpose) {
      return data::SeededRandom({options.seed, purpose, static_cast<uint64_t>(step)}).bits();
    };
    const models::Batch batch = dataset.batch({first, last}, bits(kRows)).to(device);

    torch::manual_seed(bits(kDropout));
    optimizer.zero_grad();
    const torch::Tensor loss = model.loss(model.forward(batch), batch.labels);
    const double value = loss.item<double>();
    TORCH_CHECK(std::isfinite(value), "train: the loss is ", value, " in epoch ", epoch, ", step ",
                step, " (a lower learning rate or --clip-norm may help)");
    const double scale =
        options.loss_reduction == LossReduction::kSum ? static_cast<double>(batch.size()) : 1;
    (loss * scale).backward();
    if (options.clip_norm > 0) torch::nn::utils::clip_grad_norm_(parameters, options.clip_norm);
    optimizer.step();

    loss_sum += value * static_cast<double>(batch.size());
    questions += batch.size();
    const double mean_loss = loss_sum / static_cast<double>(questions);
    if (observer.on_step) observer.on_step(epoch, b + 1, batches, mean_loss);
    if (b + 1 < batches && !validates_after(options, b)) continue;
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    validate({epoch, step, mean_loss, 0, seconds});
    model.train();
    loss_sum = 0;
    questions = 0;
    start = Clock::now();
  }
}

}  // namespace vidqa::train
