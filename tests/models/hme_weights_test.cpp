#include "models/hme_weights.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/batches.h"
#include "tests/testing/errors.h"

namespace vidqa::models {
namespace {

using ::testing::HasSubstr;
using testing::small_config;
using vidqa::testing::error_of;

std::map<std::string, torch::Tensor> hme_state_of(const std::string& name,
                                                  const ModelConfig& config) {
  std::map<std::string, torch::Tensor> state;
  for (const auto& item : make_model(name, config)->named_parameters())
    state[item.key()] = item.value();
  return state;
}

TEST(HmeWeights, SayTheSizesOfTheirModel) {
  for (const char* name : {"hme", "lstm_enc_dec", "st_vqa", "co_memory"}) {
    for (const Task task : {Task::kOpenEnded, Task::kCount}) {
      const ModelConfig config = small_config(task);
      const ModelConfig got = infer_hme_config(name, hme_state_of(name, config), kNoFusion);
      EXPECT_EQ(got.task, task) << name;
      EXPECT_EQ(got.num_classes, config.num_classes) << name;
      EXPECT_EQ(got.vocab_size, config.vocab_size) << name;
      EXPECT_EQ(got.word_dim, config.word_dim) << name;
      EXPECT_EQ(got.hidden, config.hidden) << name;
      EXPECT_EQ(got.appearance_dim + got.motion_dim, 9) << name;
    }
  }
  ModelConfig hme = small_config(Task::kCount);
  hme.fusion = "mfb:mm_dim=4";
  hme.video_encoder_dim = 7;
  const ModelConfig got = infer_hme_config("hme", hme_state_of("hme", hme), hme.fusion);
  EXPECT_EQ(got.slots, hme.slots);
  EXPECT_EQ(got.appearance_dim, hme.appearance_dim);
  EXPECT_EQ(got.motion_dim, hme.motion_dim);
  EXPECT_EQ(got.video_encoder_dim, 7);
  EXPECT_EQ(got.fusion, hme.fusion);
}

TEST(HmeWeights, NameATensorThatIsMissingAndAFusionThatIsNotNamed) {
  ModelConfig config = small_config(Task::kCount);
  config.fusion = "mfb:mm_dim=4";
  auto state = hme_state_of("hme", config);
  EXPECT_THAT(error_of([&] { infer_hme_config("hme", state, kNoFusion); }),
              HasSubstr("'mm_att.blp.*'"));
  EXPECT_THAT(error_of([&] { infer_hme_config("st_vqa", state, config.fusion); }),
              HasSubstr("weights of st_vqa: tensor 'lstm_video_1.weight_ih' is missing"));
  state.erase("mrm_vid.read_prob.weight");
  EXPECT_THAT(error_of([&] { infer_hme_config("hme", state, config.fusion); }),
              HasSubstr("'mrm_vid.read_prob.weight' is missing"));
  state["embed.weight"] = torch::zeros({4});
  EXPECT_THAT(error_of([&] { infer_hme_config("hme", state, config.fusion); }),
              HasSubstr("'embed.weight' has shape [4]"));
}

}  // namespace
}  // namespace vidqa::models
