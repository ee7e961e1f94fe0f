#include "pipeline/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <torch/cuda.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

#include "features/atomic_file.h"
#include "pipeline/data/seeded_random.h"
#include "pipeline/train/checkpoint.h"
#include "pipeline/train/memory.h"
#include "pipeline/train/radam.h"

namespace vidqa::train {

namespace {

nlohmann::ordered_json to_json(const TrainSummary& s) {
  return {{"parameters", s.parameters},
          {"epochs", s.epochs},
          {"best_epoch", s.best_epoch},
          {"seconds_per_epoch", s.seconds_per_epoch},
          {"peak_memory_mb", s.peak_memory_mb},
          {"val", s.val},
          {"test", s.test ? nlohmann::ordered_json(*s.test) : nullptr}};
}

TrainSummary summary_from_json(const nlohmann::json& json) {
  TrainSummary s;
  json.at("parameters").get_to(s.parameters);
  json.at("epochs").get_to(s.epochs);
  json.at("best_epoch").get_to(s.best_epoch);
  json.at("seconds_per_epoch").get_to(s.seconds_per_epoch);
  json.at("peak_memory_mb").get_to(s.peak_memory_mb);
  json.at("val").get_to(s.val);
  if (!json.at("test").is_null()) s.test = json.at("test").get<double>();
  return s;
}

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

void write_metrics_csv(const std::string& path, const PrimaryMetric& metric,
                       const std::vector<Validation>& history) {
  std::string text = fmt::format("epoch,step,train_loss,val_{},seconds\n", metric.name);
  for (const Validation& r : history)
    text += fmt::format("{},{},{},{},{:.3f}\n", r.epoch, r.step, r.train_loss, r.val, r.seconds);
  features::write_text_atomically(path, text);
}

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

/// Whether the split is scored after this batch of an epoch (from 0), which is not its last.
bool validates_after(const TrainOptions& options, int64_t batch) {
  return options.validate_every > 0 && batch >= options.validate_first &&
         (batch - options.validate_first) % options.validate_every == 0;
}

/// One pass over the training questions. `validate` takes a record of all but `val` at the times
/// that the options give, the last one at the end of the epoch.
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
  if (std::filesystem::exists(run.last_checkpoint())) {
    state = load_checkpoint(run.last_checkpoint(), model, optimizer.get());
    log.say(fmt::format("going on after epoch {}", state.epochs_done));
  }

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
    write_metrics_csv(run.metrics_csv(), metric, state.history);
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
  features::write_text_atomically(run.summary_json(), to_json(summary).dump(2) + "\n");
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

TrainSummary read_summary(const std::string& path) {
  std::ifstream file(path);
  TORCH_CHECK(file, path, ": cannot open the summary");
  try {
    return summary_from_json(nlohmann::json::parse(file));
  } catch (const nlohmann::json::exception& error) {
    TORCH_CHECK(false, path, ": not a summary of a run: ", error.what());
  }
}

}  // namespace vidqa::train
