#include "models/st_vqa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/batches.h"
#include "tests/models/closed_form.h"

namespace vidqa::models {
namespace {

using testing::closed_form_config;
using testing::closed_form_scores;
using testing::ego_vqa_config;
using testing::expect_near;
using testing::kPrintedSingle;
using testing::num_elements;
using testing::small_config;
using ::testing::UnorderedElementsAre;
using testing::untrained_parameters;

TEST(StVqa, GivesTheScoresOfTheReleasedCodeOnParametersInClosedForm) {
  expect_near(closed_form_scores("st_vqa", closed_form_config(Task::kMultipleChoice, 4096),
                                 {5, 5, 5, 5, 5}),
              {0.341825, 0.344120, 0.342577, 0.340065, 0.341533}, kPrintedSingle);
}

TEST(StVqa, HasAsManyParametersAsPublished) {
  const StVqa model(ego_vqa_config());
  EXPECT_EQ(model.parameters().size(), 31U);
  EXPECT_EQ(num_elements(model.parameters()), 16853889);
}

TEST(StVqa, DoesNotTrainWhatNoOutputDependsOn) {
  EXPECT_THAT(untrained_parameters(StVqa(small_config(Task::kCount))),
              UnorderedElementsAre("video_encoder.weight", "video_encoder.bias",
                                   "linear_decoder_att.weight", "linear_decoder_att.bias",
                                   "linear_decoder_mem.weight", "linear_decoder_mem.bias"));
}

}  // namespace
}  // namespace vidqa::models
