#include "models/video_only.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/batches.h"
#include "tests/testing/errors.h"

namespace vidqa::models {
namespace {

using ::testing::HasSubstr;
using testing::random_batch;
using testing::small_config;
using torch::Tensor;
using vidqa::testing::error_of;

TEST(VideoOnly, NeverSeesTheQuestion) {
  for (const Task task : {Task::kOpenEnded, Task::kMultipleChoice, Task::kCount}) {
    VideoOnly model(small_config(task));
    model.to(torch::kFloat64);
    model.eval();
    Batch batch = random_batch(task, 3, 1);
    const Tensor scores = model.forward(batch).scores;
    batch.text = batch.question = batch.text_lengths = batch.question_lengths = Tensor();
    EXPECT_TRUE(torch::equal(model.forward(batch).scores, scores)) << to_string(task);
  }
}

TEST(VideoOnly, SeesBothStreamsInEveryStep) {
  VideoOnly model(small_config(Task::kCount));
  model.to(torch::kFloat64);
  model.eval();
  Batch batch = random_batch(Task::kCount, 2, 2);
  batch.appearance.requires_grad_();
  batch.motion.requires_grad_();
  model.forward(batch).scores[0].sum().backward();  // the longest clip
  for (const Tensor& stream : {batch.appearance, batch.motion}) {
    const Tensor of_step = stream.grad().abs().sum(2);  // (B, T)
    EXPECT_TRUE((of_step[0] > 0).all().item<bool>());
    EXPECT_EQ(of_step[1].sum().item<double>(), 0);
  }
}

TEST(VideoOnly, NeedsCandidatesApartFromTheQuestion) {
  VideoOnly model(small_config(Task::kMultipleChoice));
  model.to(torch::kFloat64);
  Batch batch = random_batch(Task::kMultipleChoice, 2, 3);
  batch.answers = batch.answer_lengths = Tensor();
  EXPECT_THAT(error_of([&] { model.forward(batch); }),
              HasSubstr("video_only: multiple choice needs the candidates apart"));
}

}  // namespace
}  // namespace vidqa::models
