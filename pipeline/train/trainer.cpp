#include "pipeline/train/trainer.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <torch/cuda.h>
#include <torch/optim.h>

#include "pipeline/train/checkpoint.h"
#include "pipeline/train/memory.h"
#include "pipeline/train/train_epoch.h"
#include "pipeline/train/validation_files.h"

namespace vidqa::train {
namespace {

/// train.log, and whoever listens.
class Log {
 public:
  Log(const RunFolder& run, const TrainObserver& observer)
      : file_("train", std::make_shared<spdlog::sinks::basic_file_sink_st>(run.log())),
        observer_(observer) {
    file_.flush_on(spdlog::level::info);
  }
  void say(const std::string& line) {
    file_.info(line);
    if (observer_.on_message) observer_.on_message(line);
  }
  void error(const std::string& line) { file_.error(line); }

 private:
  spdlog::logger file_;
  const TrainObserver& observer_;
};

void check_arguments(const data::QaDataset& train_set, const data::QaDataset& val_set,
                     const data::QaDataset& test_set, const TrainOptions& options) {
  TORCH_CHECK(options.epochs > 0, "train: epochs must be at least 1, got ", options.epochs);
  TORCH_CHECK(options.batch_size > 0, "train: batch size must be at least 1, got ",
              options.batch_size);
  TORCH_CHECK(options.learning_rate > 0, "train: learning rate must be positive, got ",
              options.learning_rate);
  TORCH_CHECK(options.weight_decay >= 0, "train: weight decay must not be negative, got ",
              options.weight_decay);
  TORCH_CHECK(options.clip_norm >= 0, "train: clip norm must not be negative, got ",
              options.clip_norm);
  TORCH_CHECK(options.validate_every >= 0 && options.validate_first >= 0,
              "train: validations within an epoch: numbers of batches must not be negative, got ",
              options.validate_first, " and ", options.validate_every);
  TORCH_CHECK(options.patience >= 0, "train: patience must not be negative, got ",
              options.patience);
  for (const auto& [split, set] : {std::pair("training", &train_set),
                                   std::pair("validation", &val_set), std::pair("test", &test_set)})
    TORCH_CHECK(set->size() > 0, "train: the ", split, " split has no questions");
  for (const data::Question& question : train_set.questions())
    TORCH_CHECK(question.label >= 0, "train: training question '", question.id, "' has no label");
}

torch::Device usable_device(const std::string& name) {
  const torch::Device device(name);
  TORCH_CHECK(!device.is_cuda() || torch::cuda::is_available(), "device '", name,
              "': this LibTorch or this machine has no CUDA (use cpu)");
  return device;
}

int64_t count_scalars(const std::vector<torch::Tensor>& tensors) {
  int64_t count = 0;
  for (const torch::Tensor& tensor : tensors) count += tensor.numel();
  return count;
}

/// Of an epoch.
double median_seconds(const std::vector<Validation>& history) {
  std::map<int64_t, double> of_epoch;
  for (const Validation& validation : history) of_epoch[validation.epoch] += validation.seconds;
  std::vector<double> seconds;
  for (const auto& item : of_epoch) seconds.push_back(item.second);
  std::sort(seconds.begin(), seconds.end());
  const size_t n = seconds.size();
  return n == 0 ? 0 : (seconds[(n - 1) / 2] + seconds[n / 2]) / 2;
}

/// Takes a validation into the state; true when it is the best so far.
bool record(const Validation& validation, const PrimaryMetric& metric, TrainState& state) {
  state.history.push_back(validation);
  const bool best = state.best_epoch == 0 || metric.better(validation.val, state.best_metric);
  if (best) {
    state.best_epoch = validation.epoch;
    state.best_metric = validation.val;
  }
  return best;
}

/// After the last validation of an epoch.
void end_epoch(int64_t epoch, PatienceCounts counts, TrainState& state) {
  state.epochs_done = epoch;
  if (state.best_epoch < epoch) {
    ++state.unproductive_epochs;
  } else if (counts == PatienceCounts::kInARow) {
    state.unproductive_epochs = 0;
  }
}

bool has_answers(const data::QaDataset& dataset) {
  return std::any_of(dataset.questions().begin(), dataset.questions().end(),
                     [](const data::Question& question) { return question.label >= 0; });
}

TrainSummary train_to_the_end(models::Model& model, const data::QaDataset& train_set,
                              const data::QaDataset& val_set, const data::QaDataset& test_set,
                              const std::vector<std::string>& answers, const TrainOptions& options,
                              const RunFolder& run, const std::string& config_identity,
                              const TrainObserver& observer, Log& log) {
  const torch::Device device = usable_device(options.device);
  const PrimaryMetric metric = primary_metric(train_set.task());
  reset_peak_memory();

  model.to(device);
  const std::unique_ptr<torch::optim::Optimizer> optimizer =
      make_optimizer(options, model.trainable_parameters());
  TrainState state;
  state.config_identity = config_identity;
  const bool resumes = std::filesystem::exists(run.last_checkpoint());
  if (resumes) {
    state = load_checkpoint(run.last_checkpoint(), model, optimizer.get());
    log.say(fmt::format("going on after epoch {}", state.epochs_done));
  }
  ValidationFiles files(run, metric, options.learning_rate, resumes);

  const auto evaluate = [&](const char* split, const data::QaDataset& dataset) {
    return predict(model, dataset, answers, options.eval_batch_size, device,
                   [&](int64_t done, int64_t total) {
                     if (observer.on_evaluate) observer.on_evaluate(split, done, total);
                   });
  };
  const auto value_of = [&](const std::vector<Prediction>& predictions) {
    return metric.value(compute_metrics(train_set.task(), predictions).all);
  };

  const auto out_of_patience = [&] {
    return options.patience > 0 && state.unproductive_epochs >= options.patience;
  };
  const auto validate = [&](Validation validation) {
    validation.val = value_of(evaluate("val", val_set));
    const bool best = record(validation, metric, state);
    if (best) save_checkpoint(run.best_checkpoint(), model, nullptr, state);
    files.write(state.history);
    log.say(fmt::format("epoch {}, step {}: loss {:.4f}, validation {} {:.4f}{}, {:.1f} s",
                        validation.epoch, validation.step, validation.train_loss, metric.name,
                        validation.val, best ? " (best)" : "", validation.seconds));
  };
  while (state.epochs_done < options.epochs && !out_of_patience()) {
    const int64_t epoch = state.epochs_done + 1;
    train_epoch(model, *optimizer, train_set, options, device, epoch, observer, validate);
    end_epoch(epoch, options.patience_counts, state);
    // After the rest: an interruption in between repeats the epoch, with equal result.
    save_checkpoint(run.last_checkpoint(), model, optimizer.get(), state);
  }

  load_checkpoint(run.best_checkpoint(), model, nullptr);
  const std::vector<Prediction> val = evaluate("val", val_set);
  const std::vector<Prediction> test = evaluate("test", test_set);
  write_predictions(run.predictions("val"), val);
  write_predictions(run.predictions("test"), test);
  const bool is_scored = has_answers(test_set);
  if (!is_scored && test_set.task() == models::Task::kMultipleChoice)
    write_submission(run.submission_json(), test);

  TrainSummary summary;
  summary.parameters = count_scalars(model.trainable_parameters());
  summary.epochs = state.epochs_done;
  summary.best_epoch = state.best_epoch;
  summary.seconds_per_epoch = median_seconds(state.history);
  summary.peak_memory_mb = peak_memory_mb();
  summary.val = value_of(val);
  if (is_scored) summary.test = value_of(test);
  write_summary(run.summary_json(), summary);
  log.say(fmt::format(
      "best epoch {}: validation {} {:.4f}, test {}", summary.best_epoch, metric.name, summary.val,
      summary.test ? fmt::format("{:.4f}", *summary.test) : "without public answers"));
  run.mark_done();
  return summary;
}

}  // namespace

TrainSummary train(models::Model& model, const data::QaDataset& train_set,
                   const data::QaDataset& val_set, const data::QaDataset& test_set,
                   const std::vector<std::string>& answers, const TrainOptions& options,
                   const RunFolder& run, const std::string& config_identity,
                   const TrainObserver& observer) {
  check_arguments(train_set, val_set, test_set, options);
  check_same_run(run.last_checkpoint(), config_identity);
  if (run.state() == RunFolder::State::kDone) return read_summary(run.summary_json());

  run.mark_running();
  Log log(run, observer);
  try {
    return train_to_the_end(model, train_set, val_set, test_set, answers, options, run,
                            config_identity, observer, log);
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
    const std::string reason =
        torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
    log.error(reason);
    run.mark_failed(reason);
    throw;
  }
}

}  // namespace vidqa::train
