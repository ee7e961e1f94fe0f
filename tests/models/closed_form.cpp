#include "tests/models/closed_form.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace vidqa::models::testing {
namespace {

using torch::Tensor;

Tensor sine(double scale, const Tensor& angle) {
  return (scale * angle.sin()).to(torch::kFloat32).to(torch::kFloat64);
}

/// (1, 3, width).
Tensor features(double phi, int64_t width) {
  const Tensor t = torch::arange(3, torch::kFloat64).unsqueeze(1);
  return sine(0.1, phi + 0.5 * t + 0.11 * torch::arange(width, torch::kFloat64)).unsqueeze(0);
}

ModelPtr closed_form_model(const std::string& name, const ModelConfig& config) {
  const ModelPtr model = make_model(name, config);
  model->to(torch::kFloat64);
  model->eval();
  std::map<std::string, Tensor> by_name;
  for (const auto& item : model->named_parameters()) by_name.emplace(item.key(), item.value());
  const torch::NoGradGuard no_grad;
  int64_t rank = 0;
  for (auto& [_, tensor] : by_name) {
    const Tensor i = torch::arange(tensor.numel(), torch::kFloat64);
    tensor.copy_(sine(0.4, rank + 0.37 * i).view_as(tensor));
    ++rank;
  }
  return model;
}

}  // namespace

ModelConfig closed_form_config(Task task, int64_t appearance_dim) {
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

Tensor closed_form_scores(const std::string& model, const ModelConfig& config,
                          const std::vector<int64_t>& lengths) {
  Tensor text = torch::tensor({{1, 4, 2, 9}}, torch::kInt64);
  Tensor text_lengths = torch::tensor({4}, torch::kInt64);
  if (config.task == Task::kMultipleChoice) {
    text = torch::tensor(
        {{1, 4, 2, 9, 0}, {1, 4, 3, 9, 0}, {1, 4, 5, 6, 9}, {1, 4, 7, 9, 0}, {1, 4, 8, 9, 0}},
        torch::kInt64);
    text_lengths = torch::tensor(lengths, torch::kInt64);
  }
  Batch batch;
  batch.text = text.unsqueeze(0);
  batch.text_lengths = text_lengths.unsqueeze(0);
  batch.motion = features(0, config.motion_dim);
  batch.appearance = features(1, config.appearance_dim);
  batch.video_lengths = torch::tensor({3}, torch::kInt64);
  return closed_form_model(model, config)->forward(batch).scores.squeeze(0);
}

void expect_near(const Tensor& scores, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(scores.numel(), static_cast<int64_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(scores[static_cast<int64_t>(i)].item<double>(), expected[i], tolerance) << i;
}

std::vector<std::string> untrained_parameters(const Model& model) {
  const auto trainable = model.trainable_parameters();
  std::vector<std::string> names;
  for (const auto& item : model.named_parameters()) {
    const bool is_trained = std::any_of(trainable.begin(), trainable.end(),
                                        [&](const Tensor& t) { return t.is_same(item.value()); });
    if (!is_trained) names.push_back(item.key());
  }
  return names;
}

int64_t num_elements(const std::vector<Tensor>& tensors) {
  int64_t sum = 0;
  for (const Tensor& tensor : tensors) sum += tensor.numel();
  return sum;
}

ModelConfig ego_vqa_config() {
  ModelConfig config;
  config.task = Task::kMultipleChoice;
  config.vocab_size = 4000;
  config.appearance_dim = 4096;
  config.motion_dim = 4096;
  config.hidden = 256;
  config.video_encoder_dim = 4096;
  return config;
}

}  // namespace vidqa::models::testing
