#include "models/hme.h"

#include <vector>

#include <torch/torch.h>

#include "models/answer_head.h"
#include "models/ragged.h"
#include "models/stream_pair.h"
#include "models/vector_fusion.h"

namespace vidqa::models {
namespace {

using torch::nn::Linear;

const ModelConfig& checked(const ModelConfig& config) {
  TORCH_CHECK(config.slots > 0, "hme: slots must be positive, got ", config.slots);
  TORCH_CHECK(
      config.fusion_place == HmeFusionPlace::kModalityAttention || config.fusion != kNoFusion,
      "hme: the fusion place video-question needs a fusion, got '", kNoFusion,
      "'; concat_mlp is the plain one");
  return config;
}

/// The config of the parts as published: the fusion may have its place elsewhere.
ModelConfig published_parts(ModelConfig config) {
  if (config.fusion_place != HmeFusionPlace::kModalityAttention) config.fusion = kNoFusion;
  return config;
}

}  // namespace

Hme::Hme(const ModelConfig& config)
    : Model(checked(config)),
      text_encoder_(*this, config),
      unused_video_encoder_(register_module(
          "video_encoder", Linear(unused_video_encoder_dim(config), config.hidden))),
      encoder_a_(*this, "a", stream_pair_widths(config).a, config.hidden),
      encoder_m_(*this, "m", stream_pair_widths(config).m, config.hidden),
      attention_a_(register_module("TpAtt_a", TemporalAttention(2 * config.hidden, config.hidden))),
      attention_m_(register_module("TpAtt_m", TemporalAttention(2 * config.hidden, config.hidden))),
      video_memory_(register_module("mrm_vid", VideoMemory(config.hidden, config.slots))),
      question_memory_(register_module("mrm_txt", QuestionMemory(config.hidden, config.slots))),
      multi_step_(*this, published_parts(config)),
      decoder_a_(register_module("linear_decoder_att_a", Linear(2 * config.hidden, config.hidden))),
      decoder_m_(register_module("linear_decoder_att_m", Linear(2 * config.hidden, config.hidden))),
      decoder_memory_(
          register_module("linear_decoder_mem", Linear(2 * config.hidden, config.hidden))),
      output_(register_module("linear_decoder_count_2",
                              Linear(3 * config.hidden, num_outputs(config)))) {
  if (config.fusion_place == HmeFusionPlace::kVideoQuestion) {
    const int64_t width = 2 * config.hidden;
    video_question_fusion_ = register_module(
        "video_question_fusion", make_vector_fusion("hme", config.fusion, {width, width, width}));
  }
}

void Hme::set_word_vectors(const torch::Tensor& vectors) {
  text_encoder_.set_word_vectors(vectors);
}

std::vector<torch::Tensor> Hme::trainable_parameters() const {
  return parameters_without({"video_encoder.", "mm_att.Wvh", "mm_att.Wth"});
}

Output Hme::forward(const Batch& batch) {
  const StreamPair video = stream_pair("hme", batch, config());
  const int64_t num_answers = batch.text.size(1);         // A
  const EmbeddedText words = text_encoder_.embed(batch);  // of N = B * A texts
  const RowLayout clips(video.lengths);                   // B sequences
  const RowLayout videos = clips.repeated(num_answers);   // N sequences of R rows

  // The text from zero, both streams from the text's last state, then the text again from the last
  // hidden states of the streams, with cell states of zero.
  const StackedState read_once = text_encoder_.run(words, StackedState()).last;
  const std::vector<StackedOutput> streams =
      run_stacks({encoder_a_.stack(clips.unpad(video.a)), encoder_m_.stack(clips.unpad(video.m))},
                 clips, num_answers, read_once);
  const StackedOutput& appearance = streams[0];
  const StackedOutput& motion = streams[1];
  const StackedState start{{appearance.last.layer_1.h + motion.last.layer_1.h, {}},
                           {appearance.last.layer_2.h + motion.last.layer_2.h, {}}};
  const StackedOutput question = text_encoder_.run(words, start);

  const torch::Tensor query = question.last.hidden();  // (N, 2h)
  const torch::Tensor summary_a =
      attention_a_->forward(RaggedSequence{appearance.hidden(), videos}, query);  // (N, 2h)
  const torch::Tensor summary_m =
      attention_m_->forward(RaggedSequence{motion.hidden(), videos}, query);  // (N, 2h)

  const RaggedSequence video_memory{
      video_memory_->forward(appearance.hidden_2, motion.hidden_2, videos), videos};  // (R, h)
  const RaggedSequence text_memory{question_memory_->forward(question.hidden_2, words.layout),
                                   words.layout};
  const torch::Tensor last_states =
      torch::cat({appearance.last.layer_2.h, motion.last.layer_2.h}, 1);  // (N, 2h)
  const torch::Tensor fused =
      multi_step_.forward(last_states, video_memory, text_memory);  // (N, 2h)

  torch::Tensor summary =
      torch::cat({decoder_a_(summary_a).tanh(), decoder_m_(summary_m).tanh()}, 1);  // (N, 2h)
  if (video_question_fusion_) summary = video_question_fusion_->forward(summary, query);
  const torch::Tensor decoded = torch::cat({summary, decoder_memory_(fused).tanh()}, 1);  // (N, 3h)
  Output output{arrange_scores(output_(decoded), batch.size())};
  if (reports_attention()) {
    const int64_t steps = video.a.size(1);  // T
    const torch::Tensor valid = valid_steps(for_each_answer(video.lengths, num_answers), steps);
    const torch::Tensor weights =
        attention_a_->weights({videos.pad(appearance.hidden(), steps), valid}, query) +
        attention_m_->weights({videos.pad(motion.hidden(), steps), valid}, query);  // (N, T)
    output.attention = rows_of_best_answer(weights / 2, output.scores);
  }
  return output;
}

}  // namespace vidqa::models
