#include "models/co_memory.h"

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

TEST(CoMemory, GivesTheScoresOfTheReleasedCodeOnParametersInClosedForm) {
  expect_near(closed_form_scores("co_memory", closed_form_config(Task::kMultipleChoice, 4096),
                                 {5, 5, 5, 5, 5}),
              {-1.402134, -1.408844, -1.401991, -1.409301, -1.402150}, kPrintedSingle);
}

TEST(CoMemory, HasAsManyParametersAsPublished) {
  const CoMemory model(ego_vqa_config());
  EXPECT_EQ(model.parameters().size(), 85U);
  EXPECT_EQ(num_elements(model.parameters()), 23161731);
}

TEST(CoMemory, DoesNotTrainWhatNoOutputDependsOn) {
  EXPECT_THAT(
      untrained_parameters(CoMemory(small_config(Task::kCount))),
      UnorderedElementsAre(
          "video_encoder.weight", "video_encoder.bias", "hidden_encoder_1.weight",
          "hidden_encoder_1.bias", "hidden_encoder_2.weight", "hidden_encoder_2.bias",
          "linear_decoder_mem.weight", "linear_decoder_mem.bias", "TpAtt_a.Wa", "TpAtt_a.Ua",
          "TpAtt_a.Va", "TpAtt_a.ba", "TpAtt_m.Wa", "TpAtt_m.Ua", "TpAtt_m.Va", "TpAtt_m.ba",
          "lstm_mm_1.weight_ih", "lstm_mm_1.weight_hh", "lstm_mm_1.bias_ih", "lstm_mm_1.bias_hh",
          "lstm_mm_2.weight_ih", "lstm_mm_2.weight_hh", "lstm_mm_2.bias_ih", "lstm_mm_2.bias_hh"));
}

}  // namespace
}  // namespace vidqa::models
