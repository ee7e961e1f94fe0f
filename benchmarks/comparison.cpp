#include "benchmarks/comparison.h"

#include <algorithm>
#include <map>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/baselines.h"
#include "benchmarks/model_cost.h"
#include "benchmarks/row_statistics.h"
#include "pipeline/train/predictions.h"

namespace vidqa::benchmarks {
namespace {

/// Differences that the number of seeds needed is worked out for.
constexpr double kWorthwhileAccuracy = 0.01;
constexpr double kWorthwhileMse = 0.1;

/// What the runs of an arm gave.
struct ArmResult {
  std::vector<uint64_t> seeds;
  std::vector<train::TrainSummary> summaries;
  std::vector<std::vector<train::Prediction>> predictions;  // one list a seed, questions in order
};

/// The predictions of a finished run, which must be about the questions of this split.
std::vector<train::Prediction> scored_predictions(const train::RunFolder& run,
                                                  const data::QaCorpus& corpus) {
  const std::string split = scored_split(corpus);
  const std::vector<data::Question>& questions = scored_questions(corpus);
  const std::string path = run.predictions(split);
  std::vector<train::Prediction> predictions = train::read_predictions(path);
  TORCH_CHECK(predictions.size() == questions.size(), path, ": has ", predictions.size(),
              " questions, the ", split, " split ", questions.size());
  for (size_t i = 0; i < predictions.size(); ++i)
    TORCH_CHECK(predictions[i].question_id == questions[i].id, path, ":", i + 1, ": question '",
                predictions[i].question_id, "' where the ", split, " split has '", questions[i].id,
                "': written for other data?");
  return predictions;
}

void add_run(const PlannedRun& run, const data::QaCorpus& corpus, ArmResult& result) {
  const train::RunFolder folder(run.folder);
  result.predictions.push_back(scored_predictions(folder, corpus));
  result.summaries.push_back(train::read_summary(folder.summary_json()));
  result.seeds.push_back(run.seed);
}

std::string reason_of(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  return torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
}

/// Mean over seeds of the value of every question.
std::vector<double> question_values(const ArmResult& result, const train::PrimaryMetric& metric) {
  std::vector<double> values(result.predictions.front().size(), 0.0);
  for (const auto& predictions : result.predictions) {
    for (size_t i = 0; i < values.size(); ++i)
      values[i] += metric.of(predictions[i]) / static_cast<double>(result.predictions.size());
  }
  return values;
}

std::vector<std::string> column(const data::QaCorpus& corpus, std::string data::Question::*member) {
  std::vector<std::string> texts;
  for (const data::Question& question : scored_questions(corpus)) texts.push_back(question.*member);
  return texts;
}

ValuedRow row_without_model(ComparisonRow::Kind kind, const std::string& name,
                            const data::QaCorpus& corpus, std::vector<double> values) {
  ComparisonRow row;
  row.kind = kind;
  row.name = name;
  row.mean = mean(values);
  row.values = {row.mean};
  row.by_type = means_by_type(column(corpus, &data::Question::type), values);
  return {row, std::move(values), {}};
}

/// `row` says what the arm is.
ValuedRow row_of_arm(ComparisonRow row, const ArmResult& result, const data::QaCorpus& corpus) {
  if (result.summaries.empty()) return {row, {}, {}};
  const bool on_test = scored_split(corpus) == "test";
  std::vector<double> seconds;
  std::map<uint64_t, double> by_seed;
  for (size_t k = 0; k < result.summaries.size(); ++k) {
    const train::TrainSummary& summary = result.summaries[k];
    TORCH_CHECK(!on_test || summary.test.has_value(), row.name, ", seed ", result.seeds[k],
                ": its summary has no figure for the test split");
    row.values.push_back(on_test ? *summary.test : summary.val);
    by_seed[result.seeds[k]] = row.values.back();
    seconds.push_back(summary.seconds_per_epoch);
    row.peak_memory_mb = std::max(row.peak_memory_mb, summary.peak_memory_mb);
  }
  row.parameters = result.summaries.front().parameters;
  row.mean = mean(row.values);
  row.sd = standard_deviation(row.values);
  row.seconds_per_epoch = mean(seconds);
  std::vector<double> values = question_values(result, train::primary_metric(corpus.task));
  row.by_type = means_by_type(column(corpus, &data::Question::type), values);
  return {row, std::move(values), std::move(by_seed)};
}

std::vector<std::string> notes_on(const ComparisonOptions& options, const data::QaCorpus& corpus) {
  std::vector<std::string> notes = corpus.notes;
  if (scored_split(corpus) == "val")
    notes.push_back(
        "the answers of the test split are not public: compared on the validation split, on which "
        "every run's checkpoint was chosen");
  if (options.num_seeds == 1)
    notes.push_back("one seed: the intervals are over questions only, not over seeds");
  if (corpus.task == models::Task::kCount)
    notes.push_back(fmt::format(
        "most frequent is the most frequent count; always the mean of the training counts has an "
        "MSE of {:.2f}",
        mean_count_mse(corpus, scored_questions(corpus))));
  return notes;
}

/// Tests every row against the baseline.
void add_statistics(std::vector<ValuedRow>& rows, size_t baseline, const ComparisonOptions& options,
                    const data::QaCorpus& corpus, Comparison& comparison) {
  const DrawnTogether drawn = drawn_by_video(column(corpus, &data::Question::video));
  comparison.num_videos = drawn.num_videos;
  if (!drawn.note.empty()) comparison.notes.push_back(drawn.note);
  const bool is_accuracy = comparison.metric == "accuracy";
  comparison.worthwhile_difference = is_accuracy ? kWorthwhileAccuracy : kWorthwhileMse;
  set_statistics(rows, baseline, drawn.clusters,
                 {is_accuracy, comparison.higher_is_better, options.bootstrap_samples,
                  options.arms.front().options.train.seed, comparison.worthwhile_difference});
}

/// The results of the runs that are done, by arm; the others become failures.
std::map<size_t, ArmResult> read_done(const std::vector<PlannedRun>& runs,
                                      const data::QaCorpus& corpus,
                                      std::vector<FailedRun>& failures) {
  std::map<size_t, ArmResult> results;
  for (const PlannedRun& run : runs) {
    ArmResult& result = results[run.arm];
    const auto fail = [&](const std::string& reason) {
      failures.push_back({run.name, run.seed, run.folder.string(), reason});
    };
    switch (train::RunFolder::state_of(run.folder)) {
      case train::RunFolder::State::kDone:
        try {
          add_run(run, corpus, result);
        } catch (const std::exception& error) {
          fail(reason_of(error));
        }
        break;
      case train::RunFolder::State::kFailed:
        fail(train::RunFolder::failure_of(run.folder));
        break;
      case train::RunFolder::State::kInterrupted:
      case train::RunFolder::State::kNew:
        fail("not done yet");
        break;
    }
  }
  return results;
}

double multiply_adds_of(const ExperimentOptions& options, ExperimentData& data) {
  const LoadedData& loaded = data.of(options);
  const models::ModelPtr model = make_model(options, sizes_of(loaded));
  return count_multiply_adds(*model, example_batch(options, loaded));
}

}  // namespace

RunExecutor train_here(const std::function<std::string(const ExperimentOptions&)>& config_toml,
                       const train::TrainObserver& observer) {
  return [=](const std::vector<PlannedRun>& runs, ExperimentData& data) {
    const auto say = [&](const std::string& line) {
      if (observer.on_message) observer.on_message(line);
    };
    for (size_t i = 0; i < runs.size(); ++i) {
      const PlannedRun& run = runs[i];
      say(fmt::format("run {} of {}: {}", i + 1, runs.size(), run.title()));
      const train::RunFolder folder(run.folder);
      try {
        run_experiment(run.options, data.of(run.options), folder, config_toml(run.options),
                       observer);
      } catch (const train::Interrupted&) {
        throw;
      } catch (const std::exception& error) {
        folder.mark_failed(reason_of(error));
        say(fmt::format("{} failed: {}", run.title(), reason_of(error)));
      }
    }
  };
}

Comparison compare(const ComparisonOptions& options, const RunExecutor& execute,
                   const Say& on_message) {
  const std::vector<PlannedRun> runs = plan_runs(options);
  ExperimentData data;
  check_runs(runs, data);
  const std::vector<PlannedRun> to_do = runs_to_do(runs, options.retry_failed, on_message);
  if (!to_do.empty()) execute(to_do, data);
  return compare_done(options, runs, data);
}

Comparison compare_done(const ComparisonOptions& options, const std::vector<PlannedRun>& runs,
                        ExperimentData& data) {
  const data::QaCorpus& corpus = data.of(runs.front().options).corpus;
  const train::PrimaryMetric metric = train::primary_metric(corpus.task);
  Comparison comparison;
  comparison.dataset = corpus.name;
  comparison.split = scored_split(corpus);
  comparison.metric = metric.name;
  comparison.higher_is_better = metric.higher_is_better;
  comparison.num_questions = static_cast<int64_t>(scored_questions(corpus).size());
  comparison.varied = options.varied;
  comparison.notes = notes_on(options, corpus);
  for (const PlannedRun& run : runs) {
    if (run.arm == runs.front().arm) comparison.seeds.push_back(run.seed);
  }

  const std::map<size_t, ArmResult> results = read_done(runs, corpus, comparison.failures);
  std::vector<ValuedRow> rows = {
      row_without_model(ComparisonRow::Kind::kChance, "chance", corpus,
                        chance_values(corpus, scored_questions(corpus))),
      row_without_model(ComparisonRow::Kind::kMostFrequent, "most frequent", corpus,
                        most_frequent_values(corpus, scored_questions(corpus)))};
  const auto add_arm = [&](ComparisonRow::Kind kind, const PlannedRun& run,
                           const std::vector<std::string>& settings) {
    ComparisonRow row;
    row.kind = kind;
    row.name = run.name;
    row.settings = settings;
    const ArmResult& result = results.at(run.arm);
    if (!result.summaries.empty()) row.multiply_adds = multiply_adds_of(run.options, data);
    rows.push_back(row_of_arm(std::move(row), result, corpus));
  };
  add_arm(ComparisonRow::Kind::kQuestionOnly, runs.back(), {});
  const size_t first_arm = rows.size();
  for (size_t i = 0; i < runs.size(); i += comparison.seeds.size()) {
    if (runs[i].arm != PlannedRun::kQuestionOnly)
      add_arm(ComparisonRow::Kind::kFusion, runs[i], options.arms[runs[i].arm].varied);
  }
  add_statistics(rows, first_arm + baseline_arm(options), options, corpus, comparison);
  for (ValuedRow& r : rows) comparison.rows.push_back(std::move(r.row));
  return comparison;
}

}  // namespace vidqa::benchmarks
