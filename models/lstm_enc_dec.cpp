#include "models/lstm_enc_dec.h"

#include <torch/torch.h>

#include "models/answer_head.h"
#include "models/stream_pair.h"

namespace vidqa::models {

using torch::nn::Linear;

LstmEncDec::LstmEncDec(const ModelConfig& config)
    : Model(config),
      text_encoder_(*this, config),
      unused_video_encoder_(register_module(
          "video_encoder", Linear(config.motion_dim + config.appearance_dim, 2 * config.hidden))),
      encoder_(*this, "", config.motion_dim + config.appearance_dim, config.hidden),
      decoder_(
          register_module("linear_decoder_count_1", Linear(2 * config.hidden, 2 * config.hidden))),
      output_(register_module("linear_decoder_count_2",
                              Linear(2 * config.hidden, num_outputs(config)))) {}

void LstmEncDec::set_word_vectors(const torch::Tensor& vectors) {
  text_encoder_.set_word_vectors(vectors);
}

std::vector<torch::Tensor> LstmEncDec::trainable_parameters() const {
  return parameters_without({"video_encoder."});
}

Output LstmEncDec::forward(const Batch& batch) {
  const StreamPair video = stream_pair("lstm_enc_dec", batch, config());
  const torch::Tensor rows = torch::cat({video.m, video.a}, 2);  // (B, T, Dm + Da)
  const StackedState seen =
      encoder_.run(rows, video.lengths, encoder_.zero_state(batch.size())).last;
  const StackedOutput question =
      text_encoder_.run(text_encoder_.embed(batch), for_each_answer(seen, batch.text.size(1)));
  return {arrange_scores(output_(decoder_(question.last.hidden())), batch.size())};
}

}  // namespace vidqa::models
