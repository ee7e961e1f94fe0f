#include "benchmarks/frame_shares.h"

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace vidqa::benchmarks {
namespace {

using models::Task;
using torch::Tensor;

constexpr int64_t kSteps = 20;  // more than are left out at a time

models::ModelPtr small_model(const std::string& name, Task task) {
  torch::manual_seed(4);
  models::ModelConfig config;
  config.task = task;
  config.vocab_size = 12;
  config.num_classes = 6;
  config.word_dim = 5;
  config.hidden = 8;
  config.slots = 3;
  config.appearance_dim = 4;
  config.motion_dim = 3;
  config.tvqa.streams = {"imagenet", "sub"};
  config.tvqa.feature_dims = {{"imagenet", 4}};
  config.tvqa.hidden_raw = 4;
  config.tvqa.hidden_mature = 3;
  models::ModelPtr model = models::make_model(name, config);
  model->to(torch::kFloat64);
  model->eval();
  return model;
}

Tensor words(std::vector<int64_t> sizes) { return torch::randint(1, 12, sizes, torch::kInt64); }

/// One question with `answers` texts about a clip of kSteps frames.
models::Batch one_question(int64_t answers) {
  torch::manual_seed(5);
  models::Batch batch;
  batch.text = words({1, answers, 4});
  batch.text_lengths = torch::full({1, answers}, 4, torch::kInt64);
  batch.appearance = torch::randn({1, kSteps, 4}, torch::kFloat64);
  batch.motion = torch::randn({1, kSteps, 3}, torch::kFloat64);
  batch.video_lengths = torch::full({1}, kSteps, torch::kInt64);
  batch.labels = torch::zeros({1}, torch::kInt64);
  return batch;
}

Tensor without(const Tensor& rows, int64_t step) {
  std::vector<int64_t> kept;
  for (int64_t t = 0; t < rows.size(1); ++t)
    if (t != step) kept.push_back(t);
  return rows.index_select(1, torch::tensor(kept, torch::kInt64));
}

TEST(FrameShares, AnAnswersShareIsItsProbabilityAndForCountsTheNumber) {
  const Tensor scores = torch::tensor({{1.0, 2.0, 0.5}}, torch::kFloat64);
  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(0.5);
  EXPECT_NEAR(answer_share(Task::kOpenEnded, scores, 1), std::exp(2.0) / sum, 1e-12);
  EXPECT_NEAR(answer_share(Task::kMultipleChoice, scores, 2), std::exp(0.5) / sum, 1e-12);
  EXPECT_EQ(answer_share(Task::kCount, torch::tensor({{3.25}}), 3), 3.25);
}

TEST(FrameShares, AreTheModelsAttentionWhereItHasOne) {
  const auto model = small_model("st_vqa", Task::kOpenEnded);
  const models::Batch batch = one_question(1);
  const FrameShares shares = frame_shares(*model, batch, 2);
  EXPECT_EQ(shares.source, FrameShares::Source::kAttention);
  model->report_attention(true);
  const Tensor attention = model->forward(batch).attention[0];
  ASSERT_EQ(shares.values.size(), static_cast<size_t>(kSteps));
  for (int64_t t = 0; t < kSteps; ++t)
    EXPECT_EQ(shares.values[static_cast<size_t>(t)], attention[t].item<double>());
}

TEST(FrameShares, ElseAreWhatTheAnswerLosesWithoutTheFrame) {
  for (const Task task : {Task::kOpenEnded, Task::kMultipleChoice, Task::kCount}) {
    const auto model = small_model("lstm_enc_dec", task);
    const models::Batch batch = one_question(task == Task::kMultipleChoice ? 4 : 1);
    const int64_t answer = task == Task::kCount ? 5 : 3;
    const FrameShares shares = frame_shares(*model, batch, answer);
    EXPECT_EQ(shares.source, FrameShares::Source::kOcclusion);
    ASSERT_EQ(shares.values.size(), static_cast<size_t>(kSteps));
    const double whole = answer_share(task, model->forward(batch).scores, answer);
    for (int64_t t = 0; t < kSteps; ++t) {
      models::Batch shorter = batch;
      shorter.appearance = without(batch.appearance, t);
      shorter.motion = without(batch.motion, t);
      shorter.video_lengths = batch.video_lengths - 1;
      const double fall = whole - answer_share(task, model->forward(shorter).scores, answer);
      EXPECT_NEAR(shares.values[static_cast<size_t>(t)],
                  task == Task::kCount ? std::abs(fall) : fall, 1e-12)
          << t;
    }
  }
}

TEST(FrameShares, LeaveFramesOutOfTheFeatureStreamsOfTvqaAndTextAsItIs) {
  const auto model = small_model("tvqa", Task::kMultipleChoice);
  torch::manual_seed(6);
  models::Batch batch;
  batch.question = words({1, 3});
  batch.question_lengths = torch::full({1}, 3, torch::kInt64);
  batch.answers = words({1, 5, 2});
  batch.answer_lengths = torch::full({1, 5}, 2, torch::kInt64);
  batch.streams = {
      {"sub", words({1, kSteps}), torch::full({1}, kSteps, torch::kInt64)},
      {"imagenet", torch::randn({1, 7, 4}, torch::kFloat64), torch::full({1}, 7, torch::kInt64)}};
  const FrameShares shares = frame_shares(*model, batch, 1);
  EXPECT_EQ(shares.source, FrameShares::Source::kOcclusion);
  ASSERT_EQ(shares.values.size(), 7u);
  const double whole = answer_share(Task::kMultipleChoice, model->forward(batch).scores, 1);
  for (int64_t t = 0; t < 7; ++t) {
    models::Batch shorter = batch;
    shorter.streams[1].values = without(batch.streams[1].values, t);
    shorter.streams[1].lengths = batch.streams[1].lengths - 1;
    EXPECT_NEAR(shares.values[static_cast<size_t>(t)],
                whole - answer_share(Task::kMultipleChoice, model->forward(shorter).scores, 1),
                1e-12);
  }
}

TEST(FrameShares, AClipOfOneFrameHasNone) {
  const auto model = small_model("hme", Task::kCount);
  models::Batch batch = one_question(1);
  batch.appearance = batch.appearance.narrow(1, 0, 1);
  batch.motion = batch.motion.narrow(1, 0, 1);
  batch.video_lengths = torch::ones({1}, torch::kInt64);
  EXPECT_EQ(frame_shares(*model, batch, 1).source, FrameShares::Source::kNone);
}

}  // namespace
}  // namespace vidqa::benchmarks
