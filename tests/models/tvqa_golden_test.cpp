#include <filesystem>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "models/model.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::models {
namespace {

using torch::Tensor;
using vidqa::testing::GoldenFile;

struct TvqaCase {
  std::string path;
  torch::Dtype dtype;

  bool is_double() const { return dtype == torch::kFloat64; }
  std::string stem() const { return std::filesystem::path(path).stem().string(); }
};

void PrintTo(const TvqaCase& item, std::ostream* out) { *out << item.stem(); }

std::vector<TvqaCase> tvqa_cases() {
  std::vector<TvqaCase> result;
  for (const auto& path : vidqa::testing::golden_files("tvqa")) {
    result.push_back({path.string(), torch::kFloat64});
    result.push_back({path.string(), torch::kFloat32});
  }
  return result;
}

/// Spec of a fusion of the golden files, `pool_type` MFB and its sizes; no dropout.
std::string fusion_spec_of(const nlohmann::json& config) {
  const std::string type = config.at("pool_type");
  if (type == "default") return kNoFusion;
  const auto width = std::to_string(config.at("pool_hidden_dim").get<int64_t>());
  return type + (type == "ConcatMLP" ? ":dimensions=" + width + "x" + width : ":mm_dim=" + width);
}

class TvqaGolden : public ::testing::TestWithParam<TvqaCase> {
 protected:
  void SetUp() override {
    golden_.emplace(GetParam().path);
    config_ = golden_->json_attribute("/", "config");
    const ModelConfig config = model_config();
    model_ = make_model(config_.at("dual_stream") ? "tvqa_dual_stream" : "tvqa", config);
    model_->to(GetParam().dtype);
    load_parameters();
    model_->eval();
  }

  ModelConfig model_config() const {
    ModelConfig config;
    config.task = Task::kMultipleChoice;
    config.vocab_size = config_.at("vocab_size");
    config.word_dim = config_.at("embedding_size");
    config.fusion = fusion_spec_of(config_);
    TvqaConfig& tvqa = config.tvqa;
    tvqa.streams = config_.at("input_streams").get<std::vector<std::string>>();
    tvqa.feature_dims = {{"imagenet", config_.at("vid_feat_size")}};
    tvqa.hidden_raw = config_.at("hsz1");
    tvqa.hidden_mature = config_.at("hsz2");
    tvqa.classifier_layers = config_.at("n_layers_cls");
    tvqa.fusion_dim = config_.value("pool_out_dim", int64_t{750});
    if (config_.at("noqs")) tvqa.variant = TvqaVariant::kWithoutQuestion;
    if (config_.at("deep_cca")) {
      tvqa.deep_cca = DeepCcaUse::kAsReleased;
      tvqa.deep_cca_layers = config_.at("deep_cca_layers");
    }
    return config;
  }

  /// By name; those without gradient in the file are the ones that no output depends on.
  void load_parameters() {
    const torch::NoGradGuard no_grad;
    for (auto& item : model_->named_parameters())
      item.value().copy_(golden_->tensor("/params/" + item.key()));
    for (auto& item : model_->named_buffers()) {
      const Tensor value = golden_->tensor("/params/" + item.key());
      item.value().copy_(value);
    }
  }

  Tensor lengths(const std::string& name) const {
    return golden_->tensor("/inputs/" + name + "_l").to(torch::kInt64).clamp_min(1);
  }

  Batch batch() const {
    Batch batch;
    batch.question = golden_->tensor("/inputs/q").to(torch::kInt64);
    batch.question_lengths = lengths("q");
    std::vector<Tensor> answers;
    std::vector<Tensor> answer_lengths;
    int64_t longest = 0;
    for (const std::string a : {"a0", "a1", "a2", "a3", "a4"}) {
      answers.push_back(golden_->tensor("/inputs/" + a).to(torch::kInt64));
      answer_lengths.push_back(lengths(a));
      longest = std::max(longest, answers.back().size(1));
    }
    for (Tensor& answer : answers)
      answer = torch::constant_pad_nd(answer, {0, longest - answer.size(1)});
    batch.answers = torch::stack(answers, 1);
    batch.answer_lengths = torch::stack(answer_lengths, 1);
    batch.labels = golden_->tensor("/inputs/label").to(torch::kInt64);
    for (const std::string stream : {"sub", "vcpt"})
      batch.streams.push_back(
          {stream, golden_->tensor("/inputs/" + stream).to(torch::kInt64), lengths(stream)});
    batch.streams.push_back(
        {"imagenet", golden_->tensor("/inputs/vid").to(GetParam().dtype), lengths("vid")});
    return batch;
  }

  Tensor expected(const std::string& group, const std::string& name) const {
    return golden_->tensor("/" + group + (GetParam().is_double() ? "64/" : "/") + name)
        .to(GetParam().dtype);
  }

  /// Largest accepted gradient error: README.md beside the files, section 1.
  double gradient_tolerance() const {
    if (GetParam().is_double()) return 1e-7;
    const std::string type = config_.at("pool_type");
    if (type == "Block" || type == "BlockTucker") return 2e-3;
    return type == "Mutan" ? 5e-4 : 1e-4;
  }

  std::optional<GoldenFile> golden_;
  nlohmann::json config_;
  ModelPtr model_;
};

TEST_P(TvqaGolden, ScoresLossAndGradientsAreThoseOfTheOriginal) {
  const double tolerance = GetParam().is_double() ? 1e-9 : 1e-5;
  const auto expect_close = [&](const Tensor& value, const std::string& name) {
    const Tensor want = expected("outputs", name);
    ASSERT_EQ(value.sizes(), want.sizes()) << name;
    EXPECT_LT((value - want).abs().max().item<double>(), tolerance) << name;
  };
  const Batch input = batch();
  const Output output = model_->forward(input);
  expect_close(output.scores, "total_logits");
  for (const auto& [stream, scores] : output.stream_scores)
    expect_close(scores, (stream == "imagenet" ? "vid" : stream) + "_logits");

  const Tensor loss =
      model_->loss(output, input.labels) * static_cast<double>(input.size());  // the sum
  const double want_loss = expected("outputs", "loss").item<double>();
  EXPECT_NEAR(loss.item<double>(), want_loss, tolerance * std::max(1.0, want_loss));
  loss.backward();
  for (const auto& item : model_->named_parameters()) {
    const Tensor want = expected("grads", item.key());
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    const double error = (item.value().grad() - want).norm().item<double>();
    EXPECT_LE(error, gradient_tolerance() * std::max(want.norm().item<double>(), 0.1))
        << item.key();
  }
}

std::string tvqa_case_name(const ::testing::TestParamInfo<TvqaCase>& info) {
  return vidqa::testing::test_name(info.param.stem()) + (info.param.is_double() ? "64" : "32");
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TvqaGolden);
INSTANTIATE_TEST_SUITE_P(Files, TvqaGolden, ::testing::ValuesIn(tvqa_cases()), tvqa_case_name);

}  // namespace
}  // namespace vidqa::models
