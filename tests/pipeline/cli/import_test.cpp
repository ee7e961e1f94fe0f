#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/model.h"
#include "pipeline/train/checkpoint.h"
#include "tests/features/weights_files.h"
#include "tests/pipeline/cli/program.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {
namespace {

using ::testing::HasSubstr;

models::ModelConfig small_tvqa() {
  models::ModelConfig config;
  config.task = models::Task::kMultipleChoice;
  config.vocab_size = 9;
  config.word_dim = 4;
  config.tvqa.streams = {"sub", "imagenet"};
  config.tvqa.feature_dims = {{"imagenet", 5}};
  config.tvqa.hidden_raw = 3;
  config.tvqa.hidden_mature = 2;
  return config;
}

features::StateDict state_of(const models::Model& model) {
  features::StateDict state;
  for (const auto& item : model.named_parameters()) state[item.key()] = item.value().detach();
  return state;
}

TEST(Import, MakesACheckpointOfPublishedWeights) {
  const TempDir folder;
  const models::ModelPtr model = models::make_model("tvqa", small_tvqa());
  write_safetensors(folder.file("best_valid.safetensors"), state_of(*model));
  const ProgramResult result =
      run_vidqa("import --model tvqa " + folder.file("best_valid.safetensors") + " -o " +
                folder.file("best.pt"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("9 words of 4 numbers; streams sub,imagenet; hidden 3 and 2"));
  const models::ModelPtr loaded = models::make_model("tvqa", small_tvqa());
  train::load_checkpoint(folder.file("best.pt"), *loaded, nullptr);
  const auto want = model->parameters();
  const auto got = loaded->parameters();
  for (size_t i = 0; i < want.size(); ++i) EXPECT_TRUE(torch::equal(got[i], want[i]));
}

models::ModelConfig small_hme(const std::string& fusion) {
  models::ModelConfig config;
  config.task = models::Task::kOpenEnded;
  config.vocab_size = 9;
  config.num_classes = 6;
  config.word_dim = 4;
  config.appearance_dim = 5;
  config.motion_dim = 7;
  config.hidden = 3;
  config.slots = 2;
  config.fusion = fusion;
  return config;
}

void expect_imported(const std::string& name, const models::ModelConfig& config,
                     const std::string& described) {
  const TempDir folder;
  const models::ModelPtr model = models::make_model(name, config);
  write_safetensors(folder.file("rnn.safetensors"), state_of(*model));
  const ProgramResult result =
      run_vidqa("import --model " + name + " --fusion " + config.fusion + " " +
                folder.file("rnn.safetensors") + " -o " + folder.file("best.pt"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(described));
  const models::ModelPtr loaded = models::make_model(name, config);
  train::load_checkpoint(folder.file("best.pt"), *loaded, nullptr);
  const auto want = model->parameters();
  const auto got = loaded->parameters();
  for (size_t i = 0; i < want.size(); ++i) EXPECT_TRUE(torch::equal(got[i], want[i])) << name;
}

TEST(Import, ReadsHmeWithItsFusionAndItsBaselines) {
  expect_imported("hme", small_hme("mlb:mm_dim=4"),
                  "9 words of 4 numbers; 6 answers; hidden 3; fusion mlb:mm_dim=4");
  for (const char* name : {"lstm_enc_dec", "st_vqa", "co_memory"})
    expect_imported(name, small_hme("default"), "9 words of 4 numbers; 6 answers; hidden 3");
}

TEST(Import, NamesWhatDoesNotFitHme) {
  const TempDir folder;
  const auto error = [&](const std::string& model, const features::StateDict& state) {
    write_safetensors(folder.file("rnn.safetensors"), state);
    const ProgramResult result =
        run_vidqa("import --model " + model + " " + folder.file("rnn.safetensors") + " -o " +
                  folder.file("best.pt"));
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.error_lines().size(), 1u) << result.err;
    EXPECT_THAT(result.err, HasSubstr("rnn.safetensors: "));
    return result.err;
  };
  const features::StateDict whole = state_of(*models::make_model("hme", small_hme("default")));
  features::StateDict missing = whole;
  missing.erase("mrm_txt.Wxh");
  EXPECT_THAT(error("hme", missing), HasSubstr("'mrm_txt.Wxh' is missing"));
  missing.erase("embed.weight");
  EXPECT_THAT(error("hme", missing), HasSubstr("'embed.weight' is missing"));
  features::StateDict misshapen = whole;
  misshapen["TpAtt_a.ba"] = torch::zeros({3});
  EXPECT_THAT(error("hme", misshapen), HasSubstr("'TpAtt_a.ba' has shape [3]"));
  EXPECT_THAT(error("co_memory", whole), HasSubstr("'epm1.AGRU.AGRUCell.U.bias' is missing"));
  EXPECT_THAT(error("hme", state_of(*models::make_model("hme", small_hme("mlb:mm_dim=4")))),
              HasSubstr("has to be named (--fusion)"));
}

TEST(Import, NamesWhatDoesNotFit) {
  const TempDir folder;
  const auto error_of_state = [&](const features::StateDict& state) {
    write_safetensors(folder.file("w.safetensors"), state);
    const ProgramResult result = run_vidqa("import --model tvqa " + folder.file("w.safetensors") +
                                           " -o " + folder.file("best.pt"));
    EXPECT_EQ(result.exit_code, 1);
    return result.error_lines().size() == 1 ? result.error_lines()[0] : result.err;
  };
  const features::StateDict whole = state_of(*models::make_model("tvqa", small_tvqa()));
  features::StateDict missing = whole;
  missing.erase("classifier_sub.main.0.bias");
  EXPECT_THAT(error_of_state(missing), HasSubstr("classifier_sub.main.0.bias"));
  features::StateDict superfluous = whole;
  superfluous["blp.linear_out.bias"] = torch::zeros({3});
  EXPECT_THAT(error_of_state(superfluous), HasSubstr("blp.linear_out.bias"));
}

}  // namespace
}  // namespace vidqa::testing
