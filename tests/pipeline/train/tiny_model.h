#pragma once

#include <torch/torch.h>

#include "models/model.h"
#include "pipeline/data/question.h"

namespace vidqa::train {

/// Mean of the word vectors, batch norm (buffers), dropout, one linear layer. Reads text only.
/// `dead` is a parameter that nothing uses.
class TinyModel : public models::Model {
 public:
  explicit TinyModel(const models::ModelConfig& config) : Model(config) {
    embed = register_module("embed", torch::nn::Embedding(config.vocab_size, config.word_dim));
    norm = register_module("norm", torch::nn::BatchNorm1d(config.word_dim));
    const bool open_ended = config.task == models::Task::kOpenEnded;
    out = register_module("out",
                          torch::nn::Linear(config.word_dim, open_ended ? config.num_classes : 1));
    dead = register_parameter("dead", torch::ones({2}));
  }

  models::Output forward(const models::Batch& batch) override {
    const int64_t answers = batch.text.size(1);
    const torch::Tensor mask =  // (B, A, L, 1)
        (torch::arange(batch.text.size(2)) < batch.text_lengths.unsqueeze(-1)).unsqueeze(-1);
    torch::Tensor mean =
        (embed->forward(batch.text) * mask).sum(2) / batch.text_lengths.unsqueeze(-1);
    mean = norm->forward(mean.flatten(0, 1));  // (B * A, E)
    mean = torch::dropout(mean, config().dropout, is_training());
    const torch::Tensor scores = out->forward(mean);
    return {config().task == models::Task::kMultipleChoice ? scores.view({-1, answers}) : scores};
  }

  void set_word_vectors(const torch::Tensor& vectors) override {
    const torch::NoGradGuard no_grad;
    embed->weight.copy_(vectors);
  }

  std::vector<torch::Tensor> trainable_parameters() const override {
    std::vector<torch::Tensor> live = embed->parameters();
    for (const auto& module : {norm->parameters(), out->parameters()})
      live.insert(live.end(), module.begin(), module.end());
    return live;
  }

  torch::nn::Embedding embed{nullptr};
  torch::nn::BatchNorm1d norm{nullptr};
  torch::nn::Linear out{nullptr};
  torch::Tensor dead;
};

constexpr int64_t kTinyClasses = 3;

inline std::shared_ptr<TinyModel> tiny_model(models::Task task = models::Task::kOpenEnded,
                                             int64_t seed = 1) {
  torch::manual_seed(seed);
  models::ModelConfig config;
  config.task = task;
  config.vocab_size = 12;
  config.num_classes = kTinyClasses;
  config.word_dim = 8;
  return std::make_shared<TinyModel>(config);
}

inline std::vector<std::string> tiny_answers() { return {"red", "green", "blue"}; }

/// Questions whose first word gives the answer: word w means class, candidate or count w mod 3
/// (count: 1 more). A question of type "odd" has an odd number.
inline std::vector<data::Question> tiny_questions(models::Task task, int64_t count,
                                                  int64_t first_number = 0) {
  std::vector<data::Question> questions;
  for (int64_t i = first_number; i < first_number + count; ++i) {
    data::Question question;
    question.id = "Q" + std::to_string(i);
    question.video = "clip" + std::to_string(i / 2);
    question.type = i % 2 == 0 ? "even" : "odd";
    const int64_t word = 1 + (i * 5) % 9;
    question.label = word % kTinyClasses;
    question.word_ids = {{word, 10, 10 + i % 2}};
    if (task == models::Task::kMultipleChoice) {
      question.word_ids = {};
      for (int64_t a = 0; a < 4; ++a) {
        question.candidates.push_back("does " + std::to_string(a));
        // The right candidate is the one with word 3.
        question.word_ids.push_back({a == i % 4 ? 3 : 4 + (i + a) % 5, 10});
      }
      question.label = i % 4;
      question.answer = question.candidates[static_cast<size_t>(question.label)];
    } else if (task == models::Task::kCount) {
      question.label += 1;
      question.answer = std::to_string(question.label);
    } else {
      question.answer = tiny_answers()[static_cast<size_t>(question.label)];
    }
    questions.push_back(question);
  }
  return questions;
}

}  // namespace vidqa::train
