#include "models/co_memory.h"

#include <torch/torch.h>

#include "models/answer_head.h"
#include "models/attention.h"
#include "models/sequence.h"
#include "models/stream_pair.h"

namespace vidqa::models {
namespace {

constexpr int kHops = 3;

}  // namespace

using torch::nn::Linear;

CoMemory::CoMemory(const ModelConfig& config)
    : Model(config),
      text_encoder_(*this, config),
      encoder_a_(*this, "a", stream_pair_widths(config).a, config.hidden),
      encoder_m_(*this, "m", stream_pair_widths(config).m, config.hidden),
      memory_a_(register_module("epm1", EpisodicMemory(2 * config.hidden))),
      memory_m_(register_module("epm2", EpisodicMemory(2 * config.hidden))),
      decoder_a_(register_module("ma_decoder", Linear(6 * config.hidden, 2 * config.hidden))),
      decoder_m_(register_module("mb_decoder", Linear(6 * config.hidden, 2 * config.hidden))),
      decoder_(
          register_module("linear_decoder_count_1", Linear(4 * config.hidden, 2 * config.hidden))),
      output_(register_module("linear_decoder_count_2",
                              Linear(2 * config.hidden, num_outputs(config)))) {
  register_unused(config);
}

void CoMemory::register_unused(const ModelConfig& config) {
  const int64_t h = config.hidden;
  register_module("video_encoder", Linear(unused_video_encoder_dim(config), h));
  for (const char* name : {"TpAtt_a", "TpAtt_m"})
    register_module(name, TemporalAttention(2 * h, h));
  for (const char* name : {"lstm_mm_1", "lstm_mm_2"}) register_module(name, LstmCell(h, h));
  for (const char* name : {"hidden_encoder_1", "hidden_encoder_2", "linear_decoder_mem"})
    register_module(name, Linear(2 * h, h));
}

void CoMemory::set_word_vectors(const torch::Tensor& vectors) {
  text_encoder_.set_word_vectors(vectors);
}

std::vector<torch::Tensor> CoMemory::trainable_parameters() const {
  return parameters_without(
      {"video_encoder.", "TpAtt_", "lstm_mm_", "hidden_encoder_", "linear_decoder_mem."});
}

Output CoMemory::forward(const Batch& batch) {
  const StreamPair video = stream_pair("co_memory", batch, config());
  const StackedState read =
      text_encoder_.run(text_encoder_.embed(batch), StackedState()).last;  // of N = B * A texts
  const torch::Tensor question = read.hidden();                            // (N, 2h)
  const StackedOutput appearance = encoder_a_.run(video.a, video.lengths, read);
  const StackedOutput motion = encoder_m_.run(video.m, video.lengths, read);
  const torch::Tensor valid = valid_steps(for_each_answer(video.lengths, batch.text.size(1)),
                                          video.m.size(1));  // (N, T)
  const Facts facts_a = memory_a_->prepare({appearance.hidden(), valid});
  const Facts facts_m = memory_m_->prepare({motion.hidden(), valid});

  torch::Tensor of_a = appearance.last.hidden();  // (N, 2h)
  torch::Tensor of_m = motion.last.hidden();
  torch::Tensor a = of_a.detach();
  torch::Tensor b = of_m.detach();
  torch::Tensor attention;  // (N, T), of both streams and every hop
  for (int hop = 0; hop < kHops; ++hop) {
    const torch::Tensor context = a + b;
    if (reports_attention()) {
      const torch::Tensor gates =
          memory_a_->gates(facts_a, context, of_a) + memory_m_->gates(facts_m, context, of_m);
      attention = attention.defined() ? attention + gates : gates;
    }
    of_a = memory_a_(facts_a, context, of_a);
    of_m = memory_m_(facts_m, context, of_m);
    a = decoder_a_(torch::cat({a, of_a, question}, 1)).tanh();
    b = decoder_m_(torch::cat({b, of_m, question}, 1)).tanh();
  }
  Output output{arrange_scores(output_(decoder_(torch::cat({a, b}, 1)).tanh()), batch.size())};
  if (attention.defined())
    output.attention = rows_of_best_answer(attention / (2 * kHops), output.scores);
  return output;
}

}  // namespace vidqa::models
