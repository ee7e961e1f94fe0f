#include "benchmarks/comparison_runs.h"

#include <algorithm>
#include <set>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "benchmarks/experiment_choices.h"
#include "benchmarks/grid.h"
#include "pipeline/train/checkpoint.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;
using State = train::RunFolder::State;

constexpr const char* kQuestionOnlyName = "question-only";

/// Everything that load_data() reads.
std::string data_key(const ExperimentOptions& options) {
  const DatasetOptions& data = options.data;
  const StreamChoice streams = chosen_streams(options);
  return fmt::format("{}\n{}\n{} {} {} {} {} {} {}\n{}\n{}\n{} {} {}\n{} {}", options.dataset,
                     data.root, data.split_seed, data.val_share, data.full_length,
                     data.answer_set_size, data.ego_split, static_cast<int>(data.candidate_padding),
                     data.hard_restrict, options.features, options.motion_features.value_or(""),
                     static_cast<int>(options.feature_norm), static_cast<int>(options.video_shift),
                     options.max_frames, static_cast<int>(streams.input),
                     fmt::join(streams.names, ","));
}

std::vector<std::string> ids_of(const data::QaCorpus& corpus) {
  std::vector<std::string> ids;
  for (const data::Question& question : scored_questions(corpus)) ids.push_back(question.id);
  return ids;
}

void check_same_questions(const PlannedRun& run, const data::QaCorpus& corpus,
                          const PlannedRun& first, const data::QaCorpus& first_corpus) {
  TORCH_CHECK(corpus.name == first_corpus.name, "compare: '", run.name, "' is on ", corpus.name,
              ", '", first.name, "' on ", first_corpus.name,
              ": only runs on one data set can be compared");
  const std::vector<std::string> a = ids_of(corpus);
  const std::vector<std::string> b = ids_of(first_corpus);
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  TORCH_CHECK(differ.first == a.end() && differ.second == b.end(), "compare: '", run.name,
              "' is scored on ", a.size(), " questions of the ", scored_split(corpus), " split, '",
              first.name, "' on ", b.size(), "; the first that differs is '",
              differ.first == a.end() ? "" : *differ.first, "' against '",
              differ.second == b.end() ? "" : *differ.second,
              "': only runs on one split can be compared");
}

PlannedRun planned(const ComparisonOptions& options, size_t arm, const std::string& name,
                   const ExperimentOptions& experiment, int64_t index) {
  PlannedRun run{arm, name, experiment.train.seed + static_cast<uint64_t>(index), experiment, {}};
  run.options.train.seed = run.seed;
  run.folder =
      fs::path(options.output) / "runs" / folder_name(name) / fmt::format("seed{}", run.seed);
  return run;
}

}  // namespace

std::string PlannedRun::title() const { return fmt::format("{}, seed {}", name, seed); }

const LoadedData& ExperimentData::of(const ExperimentOptions& options) {
  std::unique_ptr<LoadedData>& data = loaded_[data_key(options)];
  if (data == nullptr) data = std::make_unique<LoadedData>(load_data(options));
  return *data;
}

size_t baseline_arm(const ComparisonOptions& options) {
  if (options.baseline.empty()) return 0;
  std::vector<std::string> names;
  for (const ComparisonArm& arm : options.arms) names.push_back("'" + arm.name + "'");
  const auto found = std::find_if(options.arms.begin(), options.arms.end(),
                                  [&](const auto& arm) { return arm.name == options.baseline; });
  TORCH_CHECK(found != options.arms.end(), "compare: there is no arm '", options.baseline,
              "' to be the baseline, there are ", fmt::format("{}", fmt::join(names, ", ")));
  return static_cast<size_t>(found - options.arms.begin());
}

std::vector<PlannedRun> plan_runs(const ComparisonOptions& options) {
  TORCH_CHECK(!options.arms.empty(), "compare: at least one fusion or other arm must be given");
  TORCH_CHECK(options.num_seeds > 0, "compare: seeds must be at least 1, got ", options.num_seeds);
  std::vector<PlannedRun> runs;
  std::set<fs::path> folders;
  const auto add = [&](size_t arm, const std::string& name, const ExperimentOptions& experiment) {
    for (int64_t k = 0; k < options.num_seeds; ++k) {
      runs.push_back(planned(options, arm, name, experiment, k));
      TORCH_CHECK(folders.insert(runs.back().folder).second, "compare: '", name,
                  "' is there twice");
    }
  };
  for (size_t a = 0; a < options.arms.size(); ++a) {
    TORCH_CHECK(options.arms[a].options.streams != kNoStreams,
                "compare: streams must not be 'none': the question-only control is in every table");
    add(a, options.arms[a].name, options.arms[a].options);
  }
  ExperimentOptions question_only = options.arms[baseline_arm(options)].options;
  question_only.streams = kNoStreams;
  question_only.fusion = "default";
  add(PlannedRun::kQuestionOnly, kQuestionOnlyName, question_only);
  return runs;
}

std::string scored_split(const data::QaCorpus& corpus) {
  const bool is_public =
      std::any_of(corpus.test.begin(), corpus.test.end(),
                  [](const auto& question) { return question.label != data::Question::kNoLabel; });
  return is_public ? "test" : "val";
}

const std::vector<data::Question>& scored_questions(const data::QaCorpus& corpus) {
  return scored_split(corpus) == "test" ? corpus.test : corpus.val;
}

void check_runs(const std::vector<PlannedRun>& runs, ExperimentData& data) {
  const PlannedRun& first = runs.front();
  const data::QaCorpus& first_corpus = data.of(first.options).corpus;
  std::set<const LoadedData*> to_read;
  size_t built_arm = runs.size();
  for (const PlannedRun& run : runs) {
    const LoadedData& of_run = data.of(run.options);
    check_same_questions(run, of_run.corpus, first, first_corpus);
    if (run.arm != built_arm) build_model(run.options, of_run);
    built_arm = run.arm;
    const train::RunFolder folder(run.folder);
    train::check_same_run(folder.last_checkpoint(), experiment_identity(run.options, of_run));
    if (folder.state() != State::kDone) to_read.insert(&of_run);
  }
  for (const LoadedData* loaded : to_read) check_features(*loaded);
}

std::vector<PlannedRun> runs_to_do(const std::vector<PlannedRun>& runs, bool retry_failed,
                                   const Say& on_message) {
  std::vector<PlannedRun> to_do;
  int64_t done = 0;
  for (const PlannedRun& run : runs) {
    const State state = train::RunFolder::state_of(run.folder);
    done += state == State::kDone ? 1 : 0;
    if (state == State::kDone) continue;
    if (state == State::kFailed && !retry_failed) {
      if (on_message)
        on_message(fmt::format("{}: FAILED earlier, left alone (--retry-failed tries again)",
                               run.title()));
      continue;
    }
    to_do.push_back(run);
  }
  if (done > 0 && on_message)
    on_message(fmt::format("{} of {} runs are done already", done, runs.size()));
  return to_do;
}

}  // namespace vidqa::benchmarks
