#include "benchmarks/comparison.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/baselines.h"
#include "benchmarks/row_statistics.h"
#include "pipeline/train/checkpoint.h"
#include "pipeline/train/predictions.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;

/// Differences that the number of seeds needed is worked out for.
constexpr double kWorthwhileAccuracy = 0.01;
constexpr double kWorthwhileMse = 0.1;

/// A row that is trained: one run a seed.
struct Arm {
  ComparisonRow::Kind kind;
  std::string name;
  ExperimentOptions options;
  fs::path folder;
};

/// What the runs of an arm gave.
struct ArmResult {
  std::vector<uint64_t> seeds;
  std::vector<train::TrainSummary> summaries;
  std::vector<std::vector<train::Prediction>> predictions;  // one list a seed, questions in order
};

/// A folder name of a fusion spec: "mfb:factor=2,dropout=0" -> "mfb_factor=2_dropout=0".
std::string folder_name(std::string spec) {
  std::replace_if(
      spec.begin(), spec.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '=' && c != '-'; },
      '_');
  return spec;
}

std::vector<Arm> make_arms(const ComparisonOptions& options) {
  TORCH_CHECK(!options.fusions.empty(), "compare: at least one fusion must be given");
  TORCH_CHECK(options.num_seeds > 0, "compare: seeds must be at least 1, got ", options.num_seeds);
  TORCH_CHECK(options.base.streams != "none",
              "compare: streams must not be 'none': without video there is nothing to fuse");
  const fs::path runs = fs::path(options.output) / "runs";
  std::vector<Arm> arms;
  for (const std::string& fusion : options.fusions) {
    ExperimentOptions arm = options.base;
    arm.fusion = fusion;
    arms.push_back({ComparisonRow::Kind::kFusion, fusion, arm, runs / folder_name(fusion)});
  }
  ExperimentOptions question_only = options.base;
  question_only.streams = "none";
  question_only.fusion = "default";
  arms.push_back(
      {ComparisonRow::Kind::kQuestionOnly, "question-only", question_only, runs / "question-only"});

  std::set<fs::path> folders;
  for (const Arm& arm : arms)
    TORCH_CHECK(folders.insert(arm.folder).second, "compare: fusion '", arm.name,
                "' is there twice");
  return arms;
}

ExperimentOptions with_seed(const ExperimentOptions& options, int64_t index) {
  ExperimentOptions result = options;
  result.train.seed += static_cast<uint64_t>(index);
  return result;
}

fs::path run_path(const Arm& arm, uint64_t seed) {
  return arm.folder / fmt::format("seed{}", seed);
}

/// What would otherwise come to light after hours: a fusion that cannot be built, a folder that is
/// in use by another comparison, a clip without features.
void check_arms(const std::vector<Arm>& arms, int64_t num_seeds, const LoadedData& data) {
  bool all_done = true;
  for (const Arm& arm : arms) {
    build_model(arm.options, data);
    for (int64_t k = 0; k < num_seeds; ++k) {
      const ExperimentOptions options = with_seed(arm.options, k);
      const train::RunFolder run(run_path(arm, options.train.seed));
      train::check_same_run(run.last_checkpoint(), experiment_identity(options, data));
      all_done = all_done && run.state() == train::RunFolder::State::kDone;
    }
  }
  if (!all_done) check_features(data);
}

/// The predictions of a finished run, which must be about these test questions.
std::vector<train::Prediction> test_predictions(const train::RunFolder& run,
                                                const data::QaCorpus& corpus) {
  const std::string path = run.predictions("test");
  std::vector<train::Prediction> predictions = train::read_predictions(path);
  TORCH_CHECK(predictions.size() == corpus.test.size(), path, ": has ", predictions.size(),
              " questions, the test split ", corpus.test.size());
  for (size_t i = 0; i < predictions.size(); ++i)
    TORCH_CHECK(predictions[i].question_id == corpus.test[i].id, path, ":", i + 1, ": question '",
                predictions[i].question_id, "' where the test split has '", corpus.test[i].id,
                "': written for other data?");
  return predictions;
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

std::vector<std::string> test_column(const data::QaCorpus& corpus,
                                     std::string data::Question::*member) {
  std::vector<std::string> texts;
  for (const data::Question& question : corpus.test) texts.push_back(question.*member);
  return texts;
}

ValuedRow row_without_model(ComparisonRow::Kind kind, const std::string& name,
                            const data::QaCorpus& corpus, std::vector<double> values) {
  ComparisonRow row;
  row.kind = kind;
  row.name = name;
  row.mean = mean(values);
  row.values = {row.mean};
  row.by_type = means_by_type(test_column(corpus, &data::Question::type), values);
  return {row, std::move(values), {}};
}

ValuedRow row_of_arm(const Arm& arm, const ArmResult& result, const data::QaCorpus& corpus) {
  ComparisonRow row;
  row.kind = arm.kind;
  row.name = arm.name;
  if (result.summaries.empty()) return {row, {}, {}};
  std::vector<double> seconds;
  std::map<uint64_t, double> by_seed;
  for (size_t k = 0; k < result.summaries.size(); ++k) {
    const train::TrainSummary& summary = result.summaries[k];
    TORCH_CHECK(summary.test.has_value(), arm.name,
                ": the answers of the test split are not public, so nothing can be compared on it");
    by_seed[result.seeds[k]] = *summary.test;
    row.values.push_back(*summary.test);
    seconds.push_back(summary.seconds_per_epoch);
    row.peak_memory_mb = std::max(row.peak_memory_mb, summary.peak_memory_mb);
  }
  row.parameters = result.summaries.front().parameters;
  row.mean = mean(row.values);
  row.sd = standard_deviation(row.values);
  row.seconds_per_epoch = mean(seconds);
  std::vector<double> values = question_values(result, train::primary_metric(corpus.task));
  row.by_type = means_by_type(test_column(corpus, &data::Question::type), values);
  return {row, std::move(values), std::move(by_seed)};
}

std::vector<std::string> notes_on(const ComparisonOptions& options, const data::QaCorpus& corpus) {
  std::vector<std::string> notes = corpus.notes;
  if (options.num_seeds == 1)
    notes.push_back("one seed: the intervals are over questions only, not over seeds");
  if (corpus.task == models::Task::kCount)
    notes.push_back(fmt::format(
        "most frequent is the most frequent count; always the mean of the training counts has an "
        "MSE of {:.2f}",
        mean_count_mse(corpus)));
  return notes;
}

/// Tests every row against the first fusion.
void add_statistics(std::vector<ValuedRow>& rows, const ComparisonOptions& options,
                    const data::QaCorpus& corpus, Comparison& comparison) {
  const DrawnTogether drawn = drawn_by_video(test_column(corpus, &data::Question::video));
  comparison.num_videos = drawn.num_videos;
  if (!drawn.note.empty()) comparison.notes.push_back(drawn.note);
  const auto first_fusion = std::find_if(rows.begin(), rows.end(), [](const ValuedRow& r) {
    return r.row.kind == ComparisonRow::Kind::kFusion;
  });
  const bool is_accuracy = comparison.metric == "accuracy";
  comparison.worthwhile_difference = is_accuracy ? kWorthwhileAccuracy : kWorthwhileMse;
  set_statistics(rows, static_cast<size_t>(first_fusion - rows.begin()), drawn.clusters,
                 {is_accuracy, comparison.higher_is_better, options.bootstrap_samples,
                  options.base.train.seed, comparison.worthwhile_difference});
}

}  // namespace

Comparison compare(const ComparisonOptions& options,
                   const std::function<std::string(const ExperimentOptions&)>& config_toml,
                   const train::TrainObserver& observer) {
  const std::vector<Arm> arms = make_arms(options);
  const LoadedData data = load_data(options.base);
  const data::QaCorpus& corpus = data.corpus;
  check_arms(arms, options.num_seeds, data);

  Comparison comparison;
  comparison.notes = notes_on(options, corpus);
  const auto say = [&](const std::string& line) {
    if (observer.on_message) observer.on_message(line);
  };
  const size_t num_runs = arms.size() * static_cast<size_t>(options.num_seeds);
  size_t run_number = 0;
  std::vector<ArmResult> results(arms.size());
  for (size_t a = 0; a < arms.size(); ++a) {
    for (int64_t k = 0; k < options.num_seeds; ++k) {
      const ExperimentOptions run_options = with_seed(arms[a].options, k);
      const uint64_t seed = run_options.train.seed;
      const train::RunFolder run(run_path(arms[a], seed));
      const bool done = run.state() == train::RunFolder::State::kDone;
      say(fmt::format("run {} of {}: {}, seed {}{}", ++run_number, num_runs, arms[a].name, seed,
                      done ? " (done already)" : ""));
      try {
        const train::TrainSummary summary =
            run_experiment(run_options, data, run, config_toml(run_options), observer);
        results[a].predictions.push_back(test_predictions(run, corpus));
        results[a].summaries.push_back(summary);
        results[a].seeds.push_back(seed);
      } catch (const train::Interrupted&) {
        throw;
      } catch (const std::exception& error) {
        const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
        comparison.failures.push_back(
            {arms[a].name, seed, run.path().string(),
             torch_error != nullptr ? torch_error->what_without_backtrace() : error.what()});
        say(fmt::format("{}, seed {} failed: {}", arms[a].name, seed,
                        comparison.failures.back().reason));
      }
    }
  }

  const train::PrimaryMetric metric = train::primary_metric(corpus.task);
  comparison.dataset = corpus.name;
  comparison.metric = metric.name;
  comparison.higher_is_better = metric.higher_is_better;
  comparison.num_questions = static_cast<int64_t>(corpus.test.size());
  for (int64_t k = 0; k < options.num_seeds; ++k)
    comparison.seeds.push_back(options.base.train.seed + static_cast<uint64_t>(k));

  std::vector<ValuedRow> rows = {
      row_without_model(ComparisonRow::Kind::kChance, "chance", corpus, chance_values(corpus)),
      row_without_model(ComparisonRow::Kind::kMostFrequent, "most frequent", corpus,
                        most_frequent_values(corpus)),
      row_of_arm(arms.back(), results.back(), corpus)};
  for (size_t a = 0; a + 1 < arms.size(); ++a)
    rows.push_back(row_of_arm(arms[a], results[a], corpus));
  add_statistics(rows, options, corpus, comparison);
  for (ValuedRow& r : rows) comparison.rows.push_back(std::move(r.row));
  return comparison;
}

}  // namespace vidqa::benchmarks
