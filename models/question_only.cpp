#include "models/question_only.h"

#include <torch/torch.h>

#include "models/answer_head.h"

namespace vidqa::models {

using torch::nn::Linear;

QuestionOnly::QuestionOnly(const ModelConfig& config)
    : Model(config),
      text_encoder_(*this, config),
      decoder_(register_module("decoder", Linear(2 * config.hidden, config.hidden))),
      output_(register_module("output", Linear(config.hidden, num_outputs(config)))),
      dropout_(register_module("dropout", torch::nn::Dropout(config.dropout))) {}

void QuestionOnly::set_word_vectors(const torch::Tensor& vectors) {
  text_encoder_.set_word_vectors(vectors);
}

Output QuestionOnly::forward(const Batch& batch) {
  const StackedOutput encoded = text_encoder_.run(text_encoder_.embed(batch), StackedState());
  const torch::Tensor decoded = decoder_(dropout_(encoded.last.hidden())).tanh();  // (N, h)
  return {arrange_scores(output_(dropout_(decoded)), batch.size())};
}

}  // namespace vidqa::models
