#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/model.h"
#include "pipeline/data/qa_dataset.h"
#include "pipeline/train/metrics.h"
#include "pipeline/train/run_folder.h"
#include "pipeline/train/train_summary.h"

namespace vidqa::train {

enum class Optimizer {
  kAdam,   ///< betas 0.9 and 0.999, eps 1e-8 (published HME and TVQA); decay: L2 in the gradient
  kRAdam,  ///< of trying_blp (radam.h); decay apart from the gradient
};

/// Of the loss over the questions of a batch.
enum class LossReduction {
  kMean,  ///< published HME
  kSum,   ///< published TVQA
};

/// What makes an epoch count against the patience of a run.
enum class PatienceCounts {
  kInARow,   ///< epochs since the last one with a better validation
  kInTotal,  ///< all epochs without a better validation (published TVQA)
};

struct TrainOptions {
  int64_t epochs = 20;
  int64_t batch_size = 32;
  int64_t eval_batch_size = 64;
  Optimizer optimizer = Optimizer::kAdam;
  double learning_rate = 1e-3;
  double weight_decay = 0;
  double clip_norm = 0;  ///< greatest norm of the whole gradient; 0: no clipping (published HME)
  LossReduction loss_reduction = LossReduction::kMean;
  /// Validation at the end of every epoch, and, unless 0, also after the batches `validate_first`,
  /// `validate_first` + `validate_every`, ... of it, counted from 0. Published TVQA: 0, 400;
  /// trying_blp: 2, 25600 / batch size.
  int64_t validate_every = 0;
  int64_t validate_first = 0;
  int64_t patience = 0;  ///< stop after so many epochs without a better validation; 0: never
  PatienceCounts patience_counts = PatienceCounts::kInARow;
  uint64_t seed = 1;
  std::string device = "cpu";
};

/// Thrown by an observer to stop a run (ctrl-C): the run is not marked as failed and goes on with
/// the next call.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What is going on, for a progress bar and the log. All functions may be empty.
struct TrainObserver {
  /// After every step: `done` of `total` batches of this epoch, mean loss since the last
  /// validation.
  std::function<void(int64_t epoch, int64_t done, int64_t total, double mean_loss)> on_step;
  /// While a split is evaluated.
  std::function<void(const std::string& split, int64_t done, int64_t total)> on_evaluate;
  /// A line worth keeping.
  std::function<void(const std::string& line)> on_message;
};

/// Trains, validates after every epoch or more often, keeps the best checkpoint by the validation
/// split (the earlier one on ties), then scores validation and test once with it and writes the
/// predictions, and for a multiple-choice test split without answers the submission file. Goes on
/// from checkpoints/last.pt when there is one: the outcome is bit for bit that of an uninterrupted
/// run (same machine, same number of threads), because batch order and dropout are functions of
/// (seed, epoch, step) alone. A run that is DONE is left as it is.
///
/// `config_identity` is kept in the checkpoint: a run folder with another identity is refused,
/// naming what differs. A loss that is not finite stops the run, naming epoch and step; then, as
/// on every error but Interrupted, the run is marked FAILED with the reason. Messages also
/// go to train.log.
TrainSummary train(models::Model& model, const data::QaDataset& train_set,
                   const data::QaDataset& val_set, const data::QaDataset& test_set,
                   const std::vector<std::string>& answers, const TrainOptions& options,
                   const RunFolder& run, const std::string& config_identity,
                   const TrainObserver& observer);

/// Scores every question, in order. `answers`: class id -> answer for open-ended tasks. The model
/// is left in evaluation mode. Predictions have their attention where the model was asked for it
/// (models::Model::report_attention()). Throws c10::Error naming the question when a score is not
/// finite.
std::vector<Prediction> predict(
    models::Model& model, const data::QaDataset& dataset, const std::vector<std::string>& answers,
    int64_t batch_size, torch::Device device,
    const std::function<void(int64_t done, int64_t total)>& on_progress = {});

}  // namespace vidqa::train
