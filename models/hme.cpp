#include "models/hme.h"

#include <string>
#include <vector>

#include <torch/torch.h>

#include "models/answer_head.h"
#include "models/ragged.h"

namespace vidqa::models {
namespace {

using torch::nn::Linear;

int64_t video_encoder_dim(const ModelConfig& config) {
  return config.video_encoder_dim > 0 ? config.video_encoder_dim
                                      : config.appearance_dim + config.motion_dim;
}

void check_videos(const Batch& batch, const ModelConfig& config) {
  TORCH_CHECK(batch.has_video(),
              "hme: the batch must have video streams; the question_only model needs none");
  const auto check_width = [](const char* stream, const torch::Tensor& rows, int64_t width) {
    TORCH_CHECK(rows.size(2) == width, "hme: ", stream, " features must be ", width,
                " wide, got shape ", rows.sizes());
  };
  check_width("appearance", batch.appearance, config.appearance_dim);
  check_width("motion", batch.motion, config.motion_dim);
}

}  // namespace

Hme::Hme(const ModelConfig& config)
    : Model(config),
      text_encoder_(*this, config),
      unused_video_encoder_(
          register_module("video_encoder", Linear(video_encoder_dim(config), config.hidden))),
      encoder_a_(register_video_encoder("a", config.appearance_dim)),
      encoder_m_(register_video_encoder("m", config.motion_dim)),
      attention_a_(register_module("TpAtt_a", TemporalAttention(2 * config.hidden, config.hidden))),
      attention_m_(register_module("TpAtt_m", TemporalAttention(2 * config.hidden, config.hidden))),
      video_memory_(register_module("mrm_vid", VideoMemory(config.hidden, config.slots))),
      question_memory_(register_module("mrm_txt", QuestionMemory(config.hidden, config.slots))),
      multi_step_(*this, config),
      decoder_a_(register_module("linear_decoder_att_a", Linear(2 * config.hidden, config.hidden))),
      decoder_m_(register_module("linear_decoder_att_m", Linear(2 * config.hidden, config.hidden))),
      decoder_memory_(
          register_module("linear_decoder_mem", Linear(2 * config.hidden, config.hidden))),
      output_(register_module("linear_decoder_count_2",
                              Linear(3 * config.hidden, num_outputs(config)))) {}

Hme::VideoEncoder Hme::register_video_encoder(const std::string& suffix, int64_t width) {
  const int64_t hidden = config().hidden;
  return {register_module("lstm_video_1" + suffix, LstmCell(width, hidden)),
          register_module("lstm_video_2" + suffix, LstmCell(hidden, hidden))};
}

void Hme::set_word_vectors(const torch::Tensor& vectors) {
  text_encoder_.set_word_vectors(vectors);
}

std::vector<torch::Tensor> Hme::trainable_parameters() const {
  std::vector<torch::Tensor> result;
  for (const auto& item : named_parameters()) {
    const std::string& name = item.key();
    const bool is_dead =
        name.rfind("video_encoder.", 0) == 0 || name == "mm_att.Wvh" || name == "mm_att.Wth";
    if (!is_dead) result.push_back(item.value());
  }
  return result;
}

Output Hme::forward(const Batch& batch) {
  check_videos(batch, config());
  const int64_t num_answers = batch.text.size(1);                // A
  const EmbeddedWords words = text_encoder_.embed_words(batch);  // of N = B * A texts
  const RowLayout clips(batch.video_lengths);                    // B sequences
  const RowLayout videos = clips.repeated(num_answers);          // N sequences of R rows

  // The text from zero, both streams from the text's last state, then the text again from the last
  // hidden states of the streams, with cell states of zero.
  const StackedState read_once = text_encoder_.run(words, StackedState()).last;
  const auto project = [&](const VideoEncoder& encoder, const torch::Tensor& features) {
    return LstmStack{encoder.layer_1, encoder.layer_2,
                     encoder.layer_1->project(clips.unpad(features))};
  };
  const std::vector<StackedOutput> streams =
      run_stacks({project(encoder_a_, batch.appearance), project(encoder_m_, batch.motion)}, clips,
                 num_answers, read_once);
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

  const torch::Tensor decoded = torch::cat(
      {decoder_a_(summary_a).tanh(), decoder_m_(summary_m).tanh(), decoder_memory_(fused).tanh()},
      1);  // (N, 3h)
  return {arrange_scores(output_(decoded), batch.size())};
}

}  // namespace vidqa::models
