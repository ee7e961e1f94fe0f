#include "models/hme.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "fusion/fusion.h"
#include "models/answer_head.h"
#include "tests/models/batches.h"
#include "tests/models/closed_form.h"
#include "tests/testing/errors.h"
#include "tests/testing/golden_file.h"

namespace vidqa::models {
namespace {

using testing::closed_form_config;
using testing::closed_form_scores;
using testing::expect_near;
using testing::kPrinted;
using testing::kPrintedSingle;
using testing::num_elements;
using testing::random_batch;
using testing::rows;
using testing::small_config;
using ::testing::StartsWith;
using testing::untrained_parameters;
using torch::Tensor;
using vidqa::testing::error_of;
using vidqa::testing::relative_error;

TEST(HmeClosedForm, MsvdQa) {
  expect_near(closed_form_scores("hme", closed_form_config(Task::kOpenEnded, 4096)),
              {1.079445, -1.562232, 0.168621, -0.006809, -1.120775, 1.407340}, kPrinted);
}

TEST(HmeClosedForm, FrameQa) {
  expect_near(closed_form_scores("hme", closed_form_config(Task::kOpenEnded, 2048)),
              {1.068011, -1.567701, 0.189410, -0.036899, -1.090095, 1.384952}, kPrinted);
}

TEST(HmeClosedForm, Count) {
  expect_near(closed_form_scores("hme", closed_form_config(Task::kCount, 2048)), {1.068011},
              kPrinted);
}

TEST(HmeClosedForm, Action) {
  const ModelConfig config = closed_form_config(Task::kMultipleChoice, 2048);
  const Tensor scores = closed_form_scores("hme", config, {4, 4, 5, 4, 4});
  expect_near(scores, {1.068011, 1.581839, 1.306128, 1.419247, 1.068008}, kPrintedSingle);
  const Tensor loss =
      answer_loss(config.task, scores.unsqueeze(0), torch::tensor({2}, torch::kInt64));
  EXPECT_NEAR(loss.item<double>(), 0.978148, kPrintedSingle);
}

TEST(HmeClosedForm, EgoVqaWhichReadsPaddingAsWords) {
  const ModelConfig config = closed_form_config(Task::kMultipleChoice, 4096);
  expect_near(closed_form_scores("hme", config, {5, 5, 5, 5, 5}),
              {1.313935, 1.675501, 1.313934, 1.590708, 1.313934}, kPrintedSingle);
}

TEST(Hme, HasAsManyParametersAsPublished) {
  struct Published {
    const char* dataset;
    Task task;
    int64_t vocab_size, num_classes, appearance_dim, hidden, slots, total;
  };
  const std::vector<Published> table = {
      {"msvd-qa", Task::kOpenEnded, 4000, 1000, 4096, 512, 20, 48344017},
      {"tgif-count", Task::kCount, 2423, 0, 2048, 512, 35, 43274281},
      {"tgif-action", Task::kMultipleChoice, 2550, 0, 2048, 512, 35, 43312381},
      {"tgif-transition", Task::kMultipleChoice, 4201, 0, 2048, 512, 35, 43807681},
      {"tgif-frameqa", Task::kOpenEnded, 7546, 1746, 2048, 512, 35, 47493246},
      {"ego-vqa", Task::kMultipleChoice, 4000, 0, 4096, 256, 20, 17516266},
  };
  for (const Published& row : table) {
    ModelConfig config;
    config.task = row.task;
    config.vocab_size = row.vocab_size;
    config.num_classes = row.num_classes;
    config.appearance_dim = row.appearance_dim;
    config.motion_dim = 4096;
    config.hidden = row.hidden;
    config.slots = row.slots;
    config.video_encoder_dim = row.appearance_dim == 4096 ? 4096 : 0;
    const Hme model(config);
    EXPECT_EQ(model.parameters().size(), 109U) << row.dataset;
    EXPECT_EQ(num_elements(model.parameters()), row.total) << row.dataset;
  }
}

TEST(Hme, DoesNotTrainWhatNoOutputDependsOn) {
  const Hme model(small_config(Task::kCount));
  EXPECT_THAT(untrained_parameters(model),
              ::testing::UnorderedElementsAre("mm_att.Wvh", "mm_att.Wth", "video_encoder.weight",
                                              "video_encoder.bias"));
}

/// Initial values of a model wide enough for statistics.
class HmeInitialValues : public ::testing::TestWithParam<HmeInit> {
 protected:
  HmeInitialValues() {
    torch::manual_seed(1);
    ModelConfig config = small_config(Task::kOpenEnded);
    config.hidden = 100;
    config.hme_init = GetParam();
    parameters_ = Hme(config).named_parameters();
  }

  void expect_normal(const std::string& name, double deviation) const {
    const Tensor& tensor = parameters_[name];
    EXPECT_NEAR(tensor.std().item<double>() / deviation, 1, tensor.numel() > 1000 ? 0.05 : 0.3)
        << name;
    EXPECT_GT(tensor.abs().max().item<double>(), 2 * deviation) << name << " is not uniform";
  }
  void expect_uniform(const std::string& name, double bound) const {
    EXPECT_NEAR(parameters_[name].abs().max().item<double>() / bound, 0.98, 0.02) << name;
  }
  void expect_zero(const std::string& name) const {
    EXPECT_EQ(parameters_[name].abs().max().item<double>(), 0) << name;
  }

  torch::OrderedDict<std::string, Tensor> parameters_;
};

TEST_P(HmeInitialValues, AreThePublishedOnes) {
  const bool is_msvd = GetParam() == HmeInit::kMsvd;
  for (const char* name : {"TpAtt_a.Wa", "TpAtt_m.Ua", "TpAtt_m.Va", "mrm_txt.Wxh", "mrm_txt.Wrh",
                           "mrm_txt.Whh", "mm_att.Wb", "mm_att.Vbv", "mm_att.Vbt", "mm_att.wb"})
    expect_normal(name, 0.01);
  for (const char* name : {"Wav", "Wat", "Uav", "Uat", "Vav", "Vat", "Whh", "Wvh", "Wth"})
    expect_normal("mm_att." + std::string(name), is_msvd ? 0.1 : 0.01);
  for (const char* name : {"TpAtt_a.ba", "mrm_txt.bh", "mm_att.bav", "mm_att.bat", "mm_att.bbv",
                           "mm_att.bbt", "mm_att.bh"})
    expect_zero(name);
  for (const char* name : {"mm_att.video_sum_encoder", "mm_att.question_sum_encoder"}) {
    if (is_msvd) {
      expect_uniform(std::string(name) + ".weight", 0.1);  // 1 / sqrt(hidden)
    } else {
      expect_normal(std::string(name) + ".weight", 0.02);
      expect_zero(std::string(name) + ".bias");
    }
  }
  for (const char* name : {"lstm_text_1.weight_ih", "lstm_video_2m.weight_hh", "lstm_mm_1.bias_ih",
                           "embed.weight", "mrm_vid.read_to_hidden.weight"})
    expect_uniform(name,
                   std::string(name) == "mrm_vid.read_to_hidden.weight" ? std::sqrt(0.005) : 0.1);
}

INSTANTIATE_TEST_SUITE_P(Published, HmeInitialValues,
                         ::testing::Values(HmeInit::kCommon, HmeInit::kMsvd), [](const auto& info) {
                           return info.param == HmeInit::kMsvd ? "Msvd" : "Common";
                         });

/// HME with every fusion of the table that is per vector, at both places.
class HmeFusion : public ::testing::TestWithParam<std::tuple<std::string, HmeFusionPlace>> {};

TEST_P(HmeFusion, TakesPartInTheAnswerAndScoresARowAsIfItWereAlone) {
  const auto& [name, place] = GetParam();
  ModelConfig config = small_config(Task::kOpenEnded);
  const std::vector<std::string>& keys = fusion::find_fusion(name).keys;
  const bool has_size = std::find(keys.begin(), keys.end(), "mm_dim") != keys.end();
  config.fusion = name + (has_size ? ":mm_dim=40" : "");
  config.fusion_place = place;
  torch::manual_seed(1);
  const ModelPtr model = make_model("hme", config);
  model->to(torch::kFloat64);
  model->eval();

  const Batch batch = random_batch(config.task, 3, 2);
  const Tensor scores = model->forward(batch).scores;
  (scores * torch::rand_like(scores)).sum().backward();
  const std::string prefix =
      place == HmeFusionPlace::kModalityAttention ? "mm_att.blp." : "video_question_fusion.";
  size_t of_fusion = 0;
  size_t elsewhere = 0;
  for (const auto& item : model->named_parameters()) {
    const bool is_fusion = item.key().find("fusion.") != std::string::npos ||
                           item.key().find(".blp.") != std::string::npos;
    if (!is_fusion) continue;
    item.key().rfind(prefix, 0) == 0 ? ++of_fusion : ++elsewhere;
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
  }
  EXPECT_GT(of_fusion, 0U);
  EXPECT_EQ(elsewhere, 0U);
  EXPECT_LE(relative_error(model->forward(rows(batch, 1, 2)).scores, scores.slice(0, 1, 2)), 1e-12);
}

std::vector<std::string> fusion_names() {
  std::vector<std::string> names;
  for (const auto& row : fusion::fusion_table()) {
    if (row.granularity == fusion::Granularity::kVector) names.push_back(row.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Table, HmeFusion,
                         ::testing::Combine(::testing::ValuesIn(fusion_names()),
                                            ::testing::Values(HmeFusionPlace::kModalityAttention,
                                                              HmeFusionPlace::kVideoQuestion)),
                         [](const auto& info) {
                           const bool is_published =
                               std::get<1>(info.param) == HmeFusionPlace::kModalityAttention;
                           return std::get<0>(info.param) +
                                  (is_published ? "_modality_attention" : "_video_question");
                         });

/// The published model, and the same with a fusion of the video summary (16 wide, as the question)
/// that lets its first input through where `x_share` is 1, and its second where `y_share` is.
struct ModelsWithAndWithoutFusion {
  ModelPtr published;
  ModelPtr fused;

  ModelsWithAndWithoutFusion(double x_share, double y_share) {
    ModelConfig config = small_config(Task::kMultipleChoice);
    published = make_model("hme", config);
    config.fusion = "linear_sum:mm_dim=16,activ_input=none,activ_output=none";
    config.fusion_place = HmeFusionPlace::kVideoQuestion;
    fused = make_model("hme", config);
    for (const ModelPtr& model : {published, fused}) {
      model->to(torch::kFloat64);
      model->eval();
    }
    const torch::NoGradGuard no_grad;
    const auto from = published->named_parameters();
    for (auto& item : fused->named_parameters()) {
      if (const Tensor* value = from.find(item.key())) item.value().copy_(*value);
    }
    auto parameters = fused->named_parameters();
    const std::string prefix = "video_question_fusion.";
    parameters[prefix + "linear0.weight"].copy_(x_share * torch::eye(16));
    parameters[prefix + "linear1.weight"].copy_(y_share * torch::eye(16));
    parameters[prefix + "linear_out.weight"].copy_(torch::eye(16));
    for (const char* bias : {"linear0.bias", "linear1.bias", "linear_out.bias"})
      parameters[prefix + bias].zero_();
  }
};

TEST(HmeVideoQuestionFusion, IsThePublishedModelWhereItLetsTheVideoThrough) {
  const Batch batch = random_batch(Task::kMultipleChoice, 3, 5);
  const ModelsWithAndWithoutFusion models(1, 0);
  EXPECT_LE(
      relative_error(models.fused->forward(batch).scores, models.published->forward(batch).scores),
      1e-12);
}

TEST(HmeVideoQuestionFusion, IsTheOnlyWayOfTheAttendedVideoToTheAnswer) {
  const Batch batch = random_batch(Task::kMultipleChoice, 3, 6);
  const ModelsWithAndWithoutFusion models(0, 1);  // the question alone
  const Tensor scores = models.fused->forward(batch).scores;
  EXPECT_GT(relative_error(scores, models.published->forward(batch).scores), 1e-3);
  scores.sum().backward();
  for (const auto& item : models.fused->named_parameters()) {
    const std::string& name = item.key();
    if (name.rfind("TpAtt_", 0) == 0 || name.rfind("linear_decoder_att_", 0) == 0) {
      EXPECT_EQ(item.value().grad().abs().max().item<double>(), 0) << name;
    }
  }
}

TEST(HmeVideoQuestionFusion, NeedsAFusion) {
  ModelConfig config = small_config(Task::kCount);
  config.fusion_place = HmeFusionPlace::kVideoQuestion;
  EXPECT_THAT(error_of([&] { make_model("hme", config); }),
              StartsWith("hme: the fusion place video-question needs a fusion, got 'default'; "
                         "concat_mlp is the plain one"));
  config.fusion = "concat_mlp:mm_dim=8";
  EXPECT_EQ(untrained_parameters(*make_model("hme", config)).size(), 4U);
}

TEST(Hme, NamesTheStreamWhoseWidthDoesNotFit) {
  Hme model(small_config(Task::kCount));
  model.to(torch::kFloat64);
  Batch batch = random_batch(Task::kCount, 2, 1);
  batch.motion = batch.motion.slice(2, 0, 3);
  EXPECT_THAT(error_of([&] { model.forward(batch); }),
              StartsWith("hme: motion features must be 4 wide, got shape [2, 6, 3]"));
}

TEST(Hme, ItsAttentionIsTheMeanOfBothStreams) {
  torch::manual_seed(5);
  const ModelPtr model = make_model("hme", small_config(Task::kCount));
  model->to(torch::kFloat64);
  model->eval();
  model->report_attention(true);
  const torch::NoGradGuard no_grad;
  const Batch batch = rows(random_batch(Task::kCount, 3, 6), 0, 1);
  const auto named = model->named_parameters();
  const Tensor of_both = model->forward(batch).attention;
  // Without a stream's Va its attention is even.
  const Tensor va = named["TpAtt_m.Va"].clone();
  named["TpAtt_m.Va"].zero_();
  const Tensor of_a = model->forward(batch).attention;  // (a + even) / 2
  named["TpAtt_m.Va"].copy_(va);
  named["TpAtt_a.Va"].zero_();
  const Tensor of_m = model->forward(batch).attention;  // (even + m) / 2
  const double even = 1.0 / static_cast<double>(batch.video_lengths[0].item<int64_t>());
  EXPECT_LE(relative_error(of_both, of_a + of_m - even), 1e-12);
  EXPECT_FALSE(torch::allclose(of_a, of_m));
}

}  // namespace
}  // namespace vidqa::models
