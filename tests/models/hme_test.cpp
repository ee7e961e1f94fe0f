#include "models/hme.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "fusion/fusion.h"
#include "models/answer_head.h"
#include "tests/models/batches.h"
#include "tests/testing/golden_file.h"

namespace vidqa::models {
namespace {

using testing::random_batch;
using testing::rows;
using testing::small_config;
using ::testing::StartsWith;
using torch::Tensor;
using vidqa::testing::relative_error;

/// Parameters, features and words in closed form, for which the scores of the released code are
/// known: the k-th float tensor of the state dict, its names sorted bytewise, has the elements
/// 0.4 sin(k + 0.37 i), the features are 0.1 sin(phi + 0.5 t + 0.11 j).
struct ClosedForm {
  static Tensor sine(double scale, const Tensor& angle) {
    return (scale * angle.sin()).to(torch::kFloat32).to(torch::kFloat64);
  }

  static Tensor features(double phi, int64_t width) {
    const Tensor t = torch::arange(3, torch::kFloat64).unsqueeze(1);
    return sine(0.1, phi + 0.5 * t + 0.11 * torch::arange(width, torch::kFloat64)).unsqueeze(0);
  }

  static ModelConfig config(Task task, int64_t appearance_dim) {
    ModelConfig config;
    config.task = task;
    config.vocab_size = 11;
    config.num_classes = task == Task::kOpenEnded ? 6 : 0;
    config.appearance_dim = appearance_dim;
    config.motion_dim = 4096;
    config.hidden = 8;
    config.slots = 5;
    config.video_encoder_dim = appearance_dim == 4096 ? 4096 : 6144;  // MSVD-QA, EgoVQA; TGIF-QA
    return config;
  }

  static ModelPtr model(const ModelConfig& config) {
    const ModelPtr model = make_model("hme", config);
    model->to(torch::kFloat64);
    model->eval();
    std::map<std::string, Tensor> by_name;
    for (const auto& item : model->named_parameters()) by_name.emplace(item.key(), item.value());
    const torch::NoGradGuard no_grad;
    int64_t rank = 0;
    for (auto& [name, tensor] : by_name) {
      const Tensor i = torch::arange(tensor.numel(), torch::kFloat64);
      tensor.copy_(sine(0.4, rank + 0.37 * i).view_as(tensor));
      ++rank;
    }
    return model;
  }

  static Batch batch(const ModelConfig& config, const Tensor& text, const Tensor& lengths) {
    Batch batch;
    batch.text = text.unsqueeze(0);
    batch.text_lengths = lengths.unsqueeze(0);
    batch.motion = features(0, config.motion_dim);
    batch.appearance = features(1, config.appearance_dim);
    batch.video_lengths = torch::tensor({3}, torch::kInt64);
    return batch;
  }

  /// Scores of the text 1 4 2 9, or of five candidates.
  static Tensor scores(const ModelConfig& config, const std::vector<int64_t>& lengths = {}) {
    Tensor text = torch::tensor({{1, 4, 2, 9}}, torch::kInt64);
    Tensor text_lengths = torch::tensor({4}, torch::kInt64);
    if (config.task == Task::kMultipleChoice) {
      text = torch::tensor(
          {{1, 4, 2, 9, 0}, {1, 4, 3, 9, 0}, {1, 4, 5, 6, 9}, {1, 4, 7, 9, 0}, {1, 4, 8, 9, 0}},
          torch::kInt64);
      text_lengths = torch::tensor(lengths, torch::kInt64);
    }
    return model(config)->forward(batch(config, text, text_lengths)).scores.squeeze(0);
  }
};

void expect_near(const Tensor& scores, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(scores.numel(), static_cast<int64_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(scores[static_cast<int64_t>(i)].item<double>(), expected[i], tolerance) << i;
}

constexpr double kPrinted = 1e-6;        // six decimals
constexpr double kPrintedSingle = 2e-6;  // of a computation in single precision

TEST(HmeClosedForm, MsvdQa) {
  expect_near(ClosedForm::scores(ClosedForm::config(Task::kOpenEnded, 4096)),
              {1.079445, -1.562232, 0.168621, -0.006809, -1.120775, 1.407340}, kPrinted);
}

TEST(HmeClosedForm, FrameQa) {
  expect_near(ClosedForm::scores(ClosedForm::config(Task::kOpenEnded, 2048)),
              {1.068011, -1.567701, 0.189410, -0.036899, -1.090095, 1.384952}, kPrinted);
}

TEST(HmeClosedForm, Count) {
  expect_near(ClosedForm::scores(ClosedForm::config(Task::kCount, 2048)), {1.068011}, kPrinted);
}

TEST(HmeClosedForm, Action) {
  const ModelConfig config = ClosedForm::config(Task::kMultipleChoice, 2048);
  const Tensor scores = ClosedForm::scores(config, {4, 4, 5, 4, 4});
  expect_near(scores, {1.068011, 1.581839, 1.306128, 1.419247, 1.068008}, kPrintedSingle);
  const Tensor loss =
      answer_loss(config.task, scores.unsqueeze(0), torch::tensor({2}, torch::kInt64));
  EXPECT_NEAR(loss.item<double>(), 0.978148, kPrintedSingle);
}

TEST(HmeClosedForm, EgoVqaWhichReadsPaddingAsWords) {
  const ModelConfig config = ClosedForm::config(Task::kMultipleChoice, 4096);
  expect_near(ClosedForm::scores(config, {5, 5, 5, 5, 5}),
              {1.313935, 1.675501, 1.313934, 1.590708, 1.313934}, kPrintedSingle);
}

int64_t num_elements(const std::vector<Tensor>& tensors) {
  int64_t sum = 0;
  for (const Tensor& tensor : tensors) sum += tensor.numel();
  return sum;
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
  const auto trainable = model.trainable_parameters();
  std::vector<std::string> left_out;
  for (const auto& item : model.named_parameters()) {
    const bool is_trained = std::any_of(trainable.begin(), trainable.end(),
                                        [&](const Tensor& t) { return t.is_same(item.value()); });
    if (!is_trained) left_out.push_back(item.key());
  }
  EXPECT_THAT(left_out,
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

/// HME with every fusion of the table that is per vector.
class HmeFusion : public ::testing::TestWithParam<std::string> {};

TEST_P(HmeFusion, TakesPartInTheAnswerAndScoresARowAsIfItWereAlone) {
  ModelConfig config = small_config(Task::kOpenEnded);
  const std::vector<std::string>& keys = fusion::find_fusion(GetParam()).keys;
  const bool has_size = std::find(keys.begin(), keys.end(), "mm_dim") != keys.end();
  config.fusion = GetParam() + (has_size ? ":mm_dim=40" : "");
  torch::manual_seed(1);
  const ModelPtr model = make_model("hme", config);
  model->to(torch::kFloat64);
  model->eval();

  const Batch batch = random_batch(config.task, 3, 2);
  const Tensor scores = model->forward(batch).scores;
  (scores * torch::rand_like(scores)).sum().backward();
  std::vector<std::string> of_fusion;
  for (const auto& item : model->named_parameters()) {
    if (item.key().rfind("mm_att.blp.", 0) != 0) continue;
    of_fusion.push_back(item.key());
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
  }
  EXPECT_FALSE(of_fusion.empty());
  EXPECT_LE(relative_error(model->forward(rows(batch, 1, 2)).scores, scores.slice(0, 1, 2)), 1e-12);
}

std::vector<std::string> fusion_names() {
  std::vector<std::string> names;
  for (const auto& row : fusion::fusion_table()) {
    if (row.granularity == fusion::Granularity::kVector) names.push_back(row.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Table, HmeFusion, ::testing::ValuesIn(fusion_names()),
                         [](const auto& info) { return info.param; });

TEST(Hme, NamesTheStreamWhoseWidthDoesNotFit) {
  Hme model(small_config(Task::kCount));
  model.to(torch::kFloat64);
  Batch batch = random_batch(Task::kCount, 2, 1);
  batch.motion = batch.motion.slice(2, 0, 3);
  try {
    model.forward(batch);
    FAIL() << "no error";
  } catch (const c10::Error& error) {
    EXPECT_THAT(error.what_without_backtrace(),
                StartsWith("hme: motion features must be 4 wide, got shape [2, 6, 3]"));
  }
}

}  // namespace
}  // namespace vidqa::models
