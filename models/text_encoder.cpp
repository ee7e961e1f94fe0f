#include "models/text_encoder.h"

#include <utility>

#include <torch/torch.h>

namespace vidqa::models {

TextEncoder::TextEncoder(torch::nn::Module& owner, const ModelConfig& config)
    : embed_(
          owner.register_module("embed", torch::nn::Embedding(config.vocab_size, config.word_dim))),
      lstm_text_1_(owner.register_module("lstm_text_1", LstmCell(config.word_dim, config.hidden))),
      lstm_text_2_(owner.register_module("lstm_text_2", LstmCell(config.hidden, config.hidden))) {
  torch::nn::init::uniform_(embed_->weight, -0.1, 0.1);  // published, where no vectors are given
}

EmbeddedText TextEncoder::embed(const Batch& batch) {
  RowLayout layout(batch.text_lengths);
  const torch::Tensor words = layout.unpad(batch.text.flatten(0, 1));  // (R)
  return {lstm_text_1_->project(embed_(words)), std::move(layout)};
}

StackedOutput TextEncoder::run(const EmbeddedText& text, const StackedState& start) const {
  return run_stacks({{lstm_text_1_, lstm_text_2_, text.projected}}, text.layout, 1, start)[0];
}

void TextEncoder::set_word_vectors(const torch::Tensor& vectors) {
  TORCH_CHECK(vectors.sizes() == embed_->weight.sizes(), "word vectors: shape must be ",
              embed_->weight.sizes(), ", got ", vectors.sizes());
  const torch::NoGradGuard no_grad;
  embed_->weight.copy_(vectors);
}

}  // namespace vidqa::models
