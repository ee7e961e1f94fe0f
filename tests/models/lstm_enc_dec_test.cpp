#include "models/lstm_enc_dec.h"

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

TEST(LstmEncDec, GivesTheScoresOfTheReleasedCodeOnParametersInClosedForm) {
  expect_near(closed_form_scores("lstm_enc_dec", closed_form_config(Task::kMultipleChoice, 4096),
                                 {5, 5, 5, 5, 5}),
              {-1.194245, -1.177794, -1.206733, -1.188388, -1.194265}, kPrintedSingle);
}

TEST(LstmEncDec, HasAsManyParametersAsPublished) {
  const LstmEncDec model(ego_vqa_config());
  EXPECT_EQ(model.parameters().size(), 23U);
  EXPECT_EQ(num_elements(model.parameters()), 15934849);
}

TEST(LstmEncDec, DoesNotTrainWhatNoOutputDependsOn) {
  EXPECT_THAT(untrained_parameters(LstmEncDec(small_config(Task::kCount))),
              UnorderedElementsAre("video_encoder.weight", "video_encoder.bias"));
}

}  // namespace
}  // namespace vidqa::models
