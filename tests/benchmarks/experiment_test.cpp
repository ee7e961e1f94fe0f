#include "benchmarks/experiment.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "features/feature_store.h"
#include "pipeline/data/qa_dataset.h"
#include "pipeline/train/checkpoint.h"
#include "tests/benchmarks/tiny_corpus.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/pickles.h"
#include "tests/testing/shared_data.h"
#include "tests/testing/tvqa_folder.h"

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

TEST(ExperimentOnTvqa, HmeReadsTheSpanOfBothStreamsNormalisedAndInStep) {
  const testing::TempDir folder;
  const testing::TvqaFolder tvqa(folder.path());
  ExperimentOptions options;
  options.dataset = "tvqa";
  options.data.root = tvqa.path();
  options.hidden = 6;
  options.slots = 3;
  options.word_dim = 5;
  const LoadedData data = load_data(options);
  ASSERT_NE(data.features, nullptr);
  EXPECT_TRUE(data.features->stream_names().empty());
  const data::Question& question = data.corpus.train[2];  // rows 154 to 232 of 300 and 350
  ASSERT_TRUE(question.feature_rows.has_value());
  const int64_t first = question.feature_rows->first;
  const data::VideoFeatures::Clip clip = data.features->clip(question);
  EXPECT_EQ(clip.appearance.sizes(), (std::vector<int64_t>{50, 4}));  // the first 50 of 79
  EXPECT_EQ(clip.motion.sizes(), (std::vector<int64_t>{50, 3}));
  const auto rows = [&](const std::string& file) {
    const torch::Tensor whole = features::FeatureReader(tvqa.file(file)).read(question.video);
    const torch::Tensor seen = whole.narrow(0, first, 50);
    return seen / seen.norm(2, {1}, true).clamp_min(1e-12);
  };
  EXPECT_TRUE(torch::allclose(clip.appearance, rows("tvqa_imagenet_pool5_hq.h5")));
  EXPECT_TRUE(
      torch::allclose(clip.motion, rows("motion_features/fixed_tvqa_c3d_fc6_features.hdf5")));

  const models::ModelPtr model = build_model(options, data);
  EXPECT_EQ(model->config().appearance_dim, 4);
  EXPECT_EQ(model->config().motion_dim, 3);
  const data::QaDataset train(&data.corpus.train, data.corpus.task, data.features);
  EXPECT_EQ(model->forward(train.batch({0, 2})).scores.sizes(), (std::vector<int64_t>{2, 5}));
}

TEST(ExperimentOnTvqa, PublishedShiftReachesTheBatches) {
  const testing::TempDir folder;
  const testing::TvqaFolder tvqa(folder.path());
  ExperimentOptions options;
  options.dataset = "tvqa";
  options.data.root = tvqa.path();
  const auto appearance = [&] {
    const LoadedData data = load_data(options);
    return data::QaDataset(&data.corpus.train, data.corpus.task, data.features)
        .batch({0, 2})  // clips of 9 and 50 rows at most
        .appearance;
  };
  const torch::Tensor plain = appearance();
  options.video_shift = data::VideoShift::kAsHmeTvqa;
  const torch::Tensor shifted = appearance();
  EXPECT_TRUE(shifted[1].equal(plain[1]));
  EXPECT_GT(plain[0].abs().sum().item<double>(), 0);
  EXPECT_EQ(shifted[0].abs().sum().item<double>(), 0);  // the span is shorter than half the batch
}

/// EgoVQA's files with segments of 45 rows about clips of 60.
void write_ego_vqa(const testing::TempDir& folder) {
  testing::write_file(folder.file("vocab.txt"), "what\nis\nit\n<UNK>\n");
  testing::write_file(folder.file("data_split.json"),
                      R"([[["1_D"], ["2_D"], ["3_D"]], [["2_D"], ["1_D"], ["3_D"]], )"
                      R"([["3_D"], ["2_D"], ["1_D"]]])");
  std::filesystem::create_directory(folder.path() / "feats");
  nlohmann::json records = nlohmann::json::array();
  for (const char* clip : {"1_D", "2_D", "3_D"}) {
    nlohmann::json record = {{"video_cam", clip},         {"start", 10},   {"end", 54},
                             {"question", "what is it?"}, {"answer", "a"}, {"label", 0}};
    for (const char* key : {"a1", "a2", "a3", "a4", "a5"}) record[key] = "a";
    records.push_back(record);
    const torch::Tensor rows = torch::arange(60.0).unsqueeze(1);  // (60, 1): row t holds t
    testing::write_pickled_rows(folder.file(std::string("feats/vgg_") + clip + ".pkl"), rows);
    testing::write_pickled_rows(folder.file(std::string("feats/c3d_") + clip + ".pkl"),
                                torch::cat({rows, rows}, 1));
  }
  testing::write_file(folder.file("qa_data.json"), records.dump());
}

TEST(ExperimentOnEgoVqa, SegmentsAreDrawnInTrainingAndCentredOtherwise) {
  const testing::TempDir folder;
  write_ego_vqa(folder);
  ExperimentOptions options;
  options.dataset = "ego-vqa";
  options.data.root = folder.path().string();
  options.hidden = 4;
  options.word_dim = 3;
  options.train.epochs = 1;
  const LoadedData data = load_data(options);
  EXPECT_EQ(data.features->appearance_dim(), 1);  // VGG
  EXPECT_EQ(data.features->motion_dim(), 2);      // C3D
  const models::ModelPtr model = build_model(options, data);
  EXPECT_EQ(model->config().slots, 20);
  EXPECT_EQ(model->config().video_encoder_dim, 1);
  EXPECT_EQ(model->config().stream_roles, models::StreamRoles::kSwapped);

  const data::QaDataset train(&data.corpus.train, data.corpus.task, data.features);
  const auto first_row = [&](std::optional<uint64_t> draw) {
    const models::Batch batch = train.batch({0}, draw);
    EXPECT_EQ(batch.video_lengths.item<int64_t>(), 30);
    return batch.motion[0][0][0].item<float>();
  };
  EXPECT_EQ(first_row(std::nullopt), 10 + 7);
  std::set<float> starts;
  for (uint64_t draw = 0; draw < 40; ++draw) {
    starts.insert(first_row(draw));
    EXPECT_EQ(first_row(draw), first_row(draw));
  }
  EXPECT_GT(starts.size(), 8U);
  EXPECT_GE(*starts.begin(), 10);
  EXPECT_LE(*starts.rbegin(), 25);

  const train::RunFolder run(folder.path() / "run");
  run_experiment(options, data, run, "", {});
  EXPECT_EQ(run.state(), train::RunFolder::State::kDone);
}

TEST(ExperimentOnEgoVqa, OptionsOfAFeatureFileAskForOne) {
  const testing::TempDir folder;
  write_ego_vqa(folder);
  ExperimentOptions options;
  options.dataset = "ego-vqa";
  options.data.root = folder.path().string();
  options.feature_norm = data::FeatureNorm::kL2;
  EXPECT_THAT(error_of([&] { load_data(options); }), HasSubstr("--feature-norm needs --features"));
  options.feature_norm = data::FeatureNorm::kNone;
  options.motion_features = "motion.h5";
  EXPECT_THAT(error_of([&] { load_data(options); }),
              HasSubstr("--motion-features needs --features"));
}

TEST(ExperimentOnEgoVqa, RefusesWhatIsForTvqaAlone) {
  const testing::TempDir folder;
  write_ego_vqa(folder);
  ExperimentOptions options;
  options.dataset = "ego-vqa";
  options.data.root = folder.path().string();
  options.data.hard_restrict = true;
  EXPECT_THAT(error_of([&] { load_data(options); }), HasSubstr("hard-restrict: is for tvqa alone"));
  options.data.hard_restrict = false;
  options.video_shift = data::VideoShift::kAsHmeTvqa;
  EXPECT_THAT(error_of([&] { load_data(options); }), HasSubstr("video-shift: is for tvqa alone"));
}

}  // namespace
}  // namespace vidqa::benchmarks
