#include "models/tvqa_weights.h"

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

std::map<std::string, torch::Tensor> state_of(const std::string& name, const ModelConfig& config) {
  const ModelPtr model = make_model(name, config);
  std::map<std::string, torch::Tensor> state;
  for (const auto& item : model->named_parameters()) state[item.key()] = item.value();
  for (const auto& item : model->named_buffers()) state[item.key()] = item.value();
  return state;
}

void expect_inferred(const std::string& name, const ModelConfig& config) {
  const ModelConfig got =
      infer_tvqa_config(state_of(name, config), config.fusion, config.tvqa.variant);
  EXPECT_EQ(got.vocab_size, config.vocab_size);
  EXPECT_EQ(got.word_dim, config.word_dim);
  EXPECT_EQ(got.tvqa.hidden_raw, config.tvqa.hidden_raw);
  EXPECT_EQ(got.tvqa.hidden_mature, config.tvqa.hidden_mature);
  EXPECT_EQ(got.tvqa.classifier_layers, config.tvqa.classifier_layers);
  EXPECT_EQ(got.tvqa.streams, config.tvqa.streams);
  EXPECT_EQ(got.tvqa.feature_dims, config.tvqa.feature_dims);
  EXPECT_EQ(got.tvqa.deep_cca, config.tvqa.deep_cca);
  if (config.fusion != kNoFusion) {
    EXPECT_EQ(got.tvqa.fusion_dim, config.tvqa.fusion_dim);
  }
}

TEST(TvqaWeights, SayTheSizesOfTheirModel) {
  expect_inferred("tvqa", small_config(Task::kMultipleChoice));
  ModelConfig deep = small_config(Task::kMultipleChoice);
  deep.tvqa.classifier_layers = 3;
  deep.tvqa.deep_cca = DeepCcaUse::kAsReleased;
  deep.tvqa.deep_cca_layers = 2;
  expect_inferred("tvqa", deep);
  ModelConfig fused = small_config(Task::kMultipleChoice);
  fused.fusion = "mfb:mm_dim=4";
  expect_inferred("tvqa", fused);
  ModelConfig text = small_config(Task::kMultipleChoice);
  text.tvqa.streams = {"sub"};
  text.tvqa.feature_dims = {};
  expect_inferred("tvqa", text);
}

TEST(TvqaWeights, NameATensorThatIsMissing) {
  auto state = state_of("tvqa", small_config(Task::kMultipleChoice));
  state.erase("video_fc.1.weight");
  const auto infer = [&] { infer_tvqa_config(state, kNoFusion, TvqaVariant::kWithQuestion); };
  EXPECT_THAT(error_of(infer), HasSubstr("'video_fc.1.weight' is missing"));
  state.erase("embedding.weight");
  EXPECT_THAT(error_of(infer), HasSubstr("'embedding.weight' is missing"));
}

}  // namespace
}  // namespace vidqa::models
