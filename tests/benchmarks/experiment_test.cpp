#include "benchmarks/experiment.h"

#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "pipeline/train/checkpoint.h"
#include "tests/benchmarks/tiny_corpus.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using testing::read_file;

class ExperimentTest : public ::testing::Test {
 protected:
  const testing::TempDir folder;
  ExperimentOptions options = write_tiny_corpus(folder.path());
};

TEST_F(ExperimentTest, TrainsAndEvaluatesToTheSamePredictions) {
  options.train.epochs = 2;
  const LoadedData data = load_data(options);
  const train::RunFolder run(folder.path() / "run");
  const train::TrainSummary summary = run_experiment(options, data, run, "epochs = 2\n", {});
  EXPECT_EQ(read_file(run.config_toml()), "epochs = 2\n");
  EXPECT_TRUE(nlohmann::json::parse(read_file(run.environment_json())).contains("torch_version"));

  for (const char* split : {"test", "val"}) {
    const auto predictions = evaluate_run(options, data, run, split);
    const auto written = train::read_predictions(run.predictions(split));
    ASSERT_EQ(predictions.size(), written.size());
    for (size_t i = 0; i < written.size(); ++i) {
      EXPECT_EQ(predictions[i].question_id, written[i].question_id);
      EXPECT_EQ(predictions[i].scores, written[i].scores);
    }
    EXPECT_EQ(train::compute_metrics(data.corpus.task, predictions).all.accuracy,
              split == std::string("test") ? summary.test : summary.val);
  }
  EXPECT_EQ(evaluate_run(options, data, run, "train").size(), data.corpus.train.size());
  EXPECT_THAT(error_of([&] { evaluate_run(options, data, run, "valid"); }),
              AllOf(HasSubstr("'valid'"), HasSubstr("train, val or test")));
}

TEST_F(ExperimentTest, AFolderOfAnotherRunKeepsItsConfiguration) {
  options.train.epochs = 1;
  const LoadedData data = load_data(options);
  const train::RunFolder run(folder.path() / "run");
  run_experiment(options, data, run, "first\n", {});
  run.mark_running();
  options.hidden += 1;
  EXPECT_THAT(error_of([&] { run_experiment(options, data, run, "second\n", {}); }),
              AllOf(HasSubstr("hidden=12"), HasSubstr("hidden=13")));
  EXPECT_THAT(error_of([&] { evaluate_run(options, data, run, "test"); }), HasSubstr("hidden=13"));
  EXPECT_EQ(read_file(run.config_toml()), "first\n");
}

TEST_F(ExperimentTest, TheSeedDecidesTheModel) {
  const LoadedData data = load_data(options);
  const auto weights = [&](uint64_t seed) {
    options.train.seed = seed;
    std::vector<torch::Tensor> flat;
    for (const torch::Tensor& tensor : build_model(options, data)->parameters())
      flat.push_back(tensor.flatten());
    return torch::cat(flat);
  };
  const torch::Tensor first = weights(1);
  torch::rand({3});
  EXPECT_TRUE(torch::equal(first, weights(1)));
  EXPECT_FALSE(torch::equal(first, weights(2)));
}

TEST_F(ExperimentTest, WithoutStreamsTheModelReadsTheQuestionAlone) {
  options.streams = "none";
  options.features = "";
  options.fusion = "nonsense";  // not read
  const LoadedData data = load_data(options);
  EXPECT_EQ(data.features, nullptr);
  const models::ModelPtr model = build_model(options, data);
  EXPECT_EQ(model->config().appearance_dim, 0);
  EXPECT_EQ(model->config().num_classes, 4);
}

TEST_F(ExperimentTest, RefusesUnknownStreamsAndMissingFeatures) {
  options.streams = "appearance";
  EXPECT_THAT(error_of([&] { load_data(options); }),
              AllOf(HasSubstr("'appearance'"), HasSubstr("'none'")));
  options.streams = "published";
  options.features = "";
  EXPECT_THAT(error_of([&] { load_data(options); }), HasSubstr("features"));
}

TEST_F(ExperimentTest, AFusionThatDoesNotExistIsRefused) {
  options.fusion = "nonsense";
  const LoadedData data = load_data(options);
  EXPECT_THAT(error_of([&] { build_model(options, data); }), HasSubstr("nonsense"));
}

TEST_F(ExperimentTest, AClipWithoutFeaturesIsNamedBeforeTraining) {
  LoadedData data = load_data(options);
  data.corpus.test[3].feature_keys = {"vid1000"};
  data.corpus.test[3].video = "absent";
  EXPECT_THAT(error_of([&] { check_features(data); }), HasSubstr("vid1000"));
}

TEST_F(ExperimentTest, TheIdentityTellsEveryOptionThatDecidesARun) {
  const LoadedData data = load_data(options);
  const std::string identity = experiment_identity(options, data);
  const std::vector<std::function<void(ExperimentOptions&)>> changes = {
      [](auto& o) { o.data.split_seed = 9; },
      [](auto& o) { o.data.val_share = 0.2; },
      [](auto& o) { o.feature_norm = data::FeatureNorm::kL2; },
      [](auto& o) { o.streams = "none"; },
      [](auto& o) { o.model = "tvqa"; },
      [](auto& o) { o.fusion = "mfb"; },
      [](auto& o) { o.fusion_place = models::HmeFusionPlace::kVideoQuestion; },
      [](auto& o) { o.hidden = 13; },
      [](auto& o) { o.slots = 4; },
      [](auto& o) { o.max_frames = 2; },
      [](auto& o) { o.dropout = 0.3; },
      [](auto& o) { o.word_dim = 7; },
      [](auto& o) { o.word_vectors = o.features; },
      [](auto& o) { o.motion_features = o.features; },
      [](auto& o) { o.train.epochs = 9; },
      [](auto& o) { o.train.batch_size = 8; },
      [](auto& o) { o.train.learning_rate = 1; },
      [](auto& o) { o.train.weight_decay = 1; },
      [](auto& o) { o.train.clip_norm = 1; },
      [](auto& o) { o.train.optimizer = train::Optimizer::kRAdam; },
      [](auto& o) { o.train.loss_reduction = train::LossReduction::kSum; },
      [](auto& o) { o.train.validate_every = 3; },
      [](auto& o) { o.train.validate_first = 2; },
      [](auto& o) { o.train.patience = 1; },
      [](auto& o) { o.train.patience_counts = train::PatienceCounts::kInTotal; },
      [](auto& o) { o.train.seed = 2; }};
  std::set<std::string> identities = {identity};
  for (const auto& change : changes) {
    ExperimentOptions changed = options;
    change(changed);
    identities.insert(experiment_identity(changed, data));
  }
  EXPECT_EQ(identities.size(), changes.size() + 1);

  ExperimentOptions moved = options;
  moved.train.device = "cuda";
  moved.train.eval_batch_size = 7;
  std::filesystem::create_directory(folder.path() / "elsewhere");
  moved.features = (folder.path() / "elsewhere" / "features.h5").string();
  std::filesystem::copy_file(options.features, moved.features);
  EXPECT_EQ(experiment_identity(moved, data), identity);
}

}  // namespace
}  // namespace vidqa::benchmarks
