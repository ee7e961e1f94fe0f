#include "models/st_vqa.h"

#include <torch/torch.h>

#include "models/answer_head.h"
#include "models/sequence.h"
#include "models/stream_pair.h"

namespace vidqa::models {

using torch::nn::Linear;

StVqa::StVqa(const ModelConfig& config)
    : Model(config),
      text_encoder_(*this, config),
      unused_video_encoder_(register_module(
          "video_encoder", Linear(config.motion_dim + config.appearance_dim, 2 * config.hidden))),
      encoder_(*this, "", config.motion_dim + config.appearance_dim, config.hidden),
      attention_(register_module("TpAtt", TemporalAttention(2 * config.hidden, config.hidden))),
      unused_decoder_att_(
          register_module("linear_decoder_att", Linear(2 * config.hidden, 2 * config.hidden))),
      unused_decoder_mem_(
          register_module("linear_decoder_mem", Linear(3 * config.hidden, 2 * config.hidden))),
      decoder_(
          register_module("linear_decoder_count_1", Linear(2 * config.hidden, 2 * config.hidden))),
      output_(register_module("linear_decoder_count_2",
                              Linear(2 * config.hidden, num_outputs(config)))) {}

void StVqa::set_word_vectors(const torch::Tensor& vectors) {
  text_encoder_.set_word_vectors(vectors);
}

std::vector<torch::Tensor> StVqa::trainable_parameters() const {
  return parameters_without({"video_encoder.", "linear_decoder_att.", "linear_decoder_mem."});
}

Output StVqa::forward(const Batch& batch) {
  const int64_t num_answers = batch.text.size(1);  // A
  const StreamPair video = stream_pair("st_vqa", batch, config());
  const torch::Tensor rows = torch::cat({video.m, video.a}, 2);  // (B, T, Dm + Da)
  const StackedOutput seen = encoder_.run(rows, video.lengths, encoder_.zero_state(batch.size()));
  const torch::Tensor query =
      text_encoder_.run(text_encoder_.embed(batch), for_each_answer(seen.last, num_answers))
          .last.hidden();  // (N, 2h)

  const Sequence states{
      for_each_answer(seen.hidden(), num_answers),
      valid_steps(for_each_answer(video.lengths, num_answers), rows.size(1))};  // (N, T, 2h)
  const torch::Tensor summary = attention_->forward(states, query);             // (N, 2h)
  Output output{arrange_scores(output_(decoder_(summary).tanh() * query), batch.size())};
  if (reports_attention())
    output.attention = rows_of_best_answer(attention_->weights(states, query), output.scores);
  return output;
}

}  // namespace vidqa::models
