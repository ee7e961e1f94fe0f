#include "models/video_only.h"

#include <torch/torch.h>

#include "models/answer_head.h"
#include "models/stream_pair.h"

namespace vidqa::models {

using torch::nn::Linear;

VideoOnly::VideoOnly(const ModelConfig& config)
    : Model(config),
      candidate_encoder_(config.task == Task::kMultipleChoice
                             ? std::make_unique<TextEncoder>(*this, config)
                             : nullptr),
      encoder_a_(*this, "a", stream_pair_widths(config).a, config.hidden),
      encoder_m_(*this, "m", stream_pair_widths(config).m, config.hidden),
      decoder_(register_module(
          "decoder", Linear((candidate_encoder_ ? 6 : 4) * config.hidden, config.hidden))),
      output_(register_module("output", Linear(config.hidden, num_outputs(config)))),
      dropout_(register_module("dropout", torch::nn::Dropout(config.dropout))) {}

void VideoOnly::set_word_vectors(const torch::Tensor& vectors) {
  if (candidate_encoder_) candidate_encoder_->set_word_vectors(vectors);
}

Output VideoOnly::forward(const Batch& batch) {
  const StreamPair video = stream_pair("video_only", batch, config());
  const int64_t num_clips = video.lengths.size(0);
  const StackedState zero = encoder_a_.zero_state(num_clips);
  const StackedState a = encoder_a_.run(video.a, video.lengths, zero).last;
  const StackedState m = encoder_m_.run(video.m, video.lengths, zero).last;
  torch::Tensor seen = torch::cat({a.hidden(), m.hidden()}, 1);  // (B, 4h)
  if (candidate_encoder_) {
    TORCH_CHECK(batch.answers.defined(),
                "video_only: multiple choice needs the candidates apart from the question, which "
                "this data set does not give");
    Batch candidates;
    candidates.text = batch.answers;
    candidates.text_lengths = batch.answer_lengths;
    const int64_t num_answers = batch.answers.size(1);
    const StackedState start{{a.layer_1.h + m.layer_1.h, zero.layer_1.c},
                             {a.layer_2.h + m.layer_2.h, zero.layer_2.c}};
    const StackedOutput read = candidate_encoder_->run(candidate_encoder_->embed(candidates),
                                                       for_each_answer(start, num_answers));
    seen = torch::cat({for_each_answer(seen, num_answers), read.last.hidden()}, 1);  // (N, 6h)
  }
  const torch::Tensor decoded = decoder_(dropout_(seen)).tanh();  // (B or N, h)
  return {arrange_scores(output_(dropout_(decoded)), num_clips)};
}

}  // namespace vidqa::models
