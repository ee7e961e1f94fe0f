#include "models/attention.h"

#include <torch/torch.h>

#include "models/additive_attention.h"
#include "models/vector_fusion.h"

namespace vidqa::models {
namespace {

namespace init = torch::nn::init;

}  // namespace

TemporalAttentionImpl::TemporalAttentionImpl(int64_t width, int64_t hidden)
    : Wa_(register_parameter("Wa", torch::empty({width, hidden}))),
      Ua_(register_parameter("Ua", torch::empty({width, hidden}))),
      Va_(register_parameter("Va", torch::empty({hidden}))),
      ba_(register_parameter("ba", torch::zeros({1, 1, hidden}))) {
  for (const torch::Tensor& parameter : {Wa_, Ua_, Va_}) init::normal_(parameter, 0, 0.01);
}

torch::Tensor TemporalAttentionImpl::forward(const RaggedSequence& states,
                                             const torch::Tensor& query) {
  const torch::Tensor keys = torch::addmm(ba_.view({-1}), states.rows, Wa_);  // (R, h)
  return attend_additively(states.layout, keys, states.rows, torch::mm(query, Ua_), Va_);
}

torch::Tensor TemporalAttentionImpl::forward(const Sequence& states, const torch::Tensor& query) {
  const torch::Tensor keys = torch::matmul(states.values, Wa_) + ba_;  // (N, T, h)
  return compose_additive_attention(keys, states, torch::mm(query, Ua_), Va_);
}

torch::Tensor TemporalAttentionImpl::weights(const Sequence& states,
                                             const torch::Tensor& query) const {
  const torch::Tensor keys = torch::matmul(states.values, Wa_) + ba_;  // (N, T, h)
  return masked_softmax(additive_scores(keys, torch::mm(query, Ua_), Va_), states.valid);
}

ModalityAttentionImpl::ModalityAttentionImpl(int64_t hidden, const std::string& fusion_spec,
                                             HmeInit init) {
  const auto matrix = [&](const char* name) {
    return register_parameter(name, torch::empty({hidden, hidden}));
  };
  const auto vector = [&](const char* name) {
    return register_parameter(name, torch::zeros({hidden}));
  };
  const auto bias = [&](const char* name) {
    return register_parameter(name, torch::zeros({1, 1, hidden}));
  };
  Wav_ = matrix("Wav");
  Wat_ = matrix("Wat");
  Uav_ = matrix("Uav");
  Uat_ = matrix("Uat");
  Vav_ = vector("Vav");
  Vat_ = vector("Vat");
  bav_ = bias("bav");
  bat_ = bias("bat");
  Whh_ = matrix("Whh");
  Wvh_ = matrix("Wvh");
  Wth_ = matrix("Wth");
  bh_ = bias("bh");
  Wb_ = matrix("Wb");
  Vbv_ = matrix("Vbv");
  Vbt_ = matrix("Vbt");
  bbv_ = vector("bbv");
  bbt_ = vector("bbt");
  wb_ = vector("wb");
  video_sum_encoder_ = register_module("video_sum_encoder", torch::nn::Linear(hidden, hidden));
  question_sum_encoder_ =
      register_module("question_sum_encoder", torch::nn::Linear(hidden, hidden));
  initialise(init);
  if (fusion_spec != kNoFusion) {
    fusion_ = register_module("blp",
                              make_vector_fusion("hme", fusion_spec, {hidden, hidden, 2 * hidden}));
  }
}

void ModalityAttentionImpl::initialise(HmeInit hme_init) {
  const bool is_msvd = hme_init == HmeInit::kMsvd;
  for (const torch::Tensor& parameter : {Wav_, Wat_, Uav_, Uat_, Vav_, Vat_, Whh_, Wvh_, Wth_}) {
    init::normal_(parameter, 0, is_msvd ? 0.1 : 0.01);
  }
  for (const torch::Tensor& parameter : {Wb_, Vbv_, Vbt_, wb_}) init::normal_(parameter, 0, 0.01);
  if (is_msvd) return;  // the sum encoders keep LibTorch's initial values there
  for (auto* encoder : {video_sum_encoder_.get(), question_sum_encoder_.get()}) {
    init::normal_(encoder->weight, 0, 0.02);
    init::zeros_(encoder->bias);
  }
}

KeyedMemories ModalityAttentionImpl::prepare(const RaggedSequence& video,
                                             const RaggedSequence& text) const {
  return {{video, torch::addmm(bav_.view({-1}), video.rows, Wav_)},
          {text, torch::addmm(bat_.view({-1}), text.rows, Wat_)}};
}

torch::Tensor ModalityAttentionImpl::forward(const torch::Tensor& state,
                                             const KeyedMemories& memories) {
  const auto read = [&](const KeyedMemory& from, const torch::Tensor& U, const torch::Tensor& V) {
    return attend_additively(from.memory.layout, from.keys, from.memory.rows, torch::mm(state, U),
                             V);
  };
  const torch::Tensor v = read(memories.video, Uav_, Vav_);  // (N, h)
  const torch::Tensor t = read(memories.text, Uat_, Vat_);   // (N, h)

  const torch::Tensor state_b = torch::mm(state, Wb_);
  const torch::Tensor mv = torch::addmm(bbv_, v, Vbv_) + state_b;
  const torch::Tensor mt = torch::addmm(bbt_, t, Vbt_) + state_b;
  const torch::Tensor rows = fusion_ ? fusion_->forward(mv, mt).reshape({state.size(0), 2, -1})
                                     : torch::stack({mv, mt}, 1);                       // (N, 2, h)
  const auto beta = torch::matmul(rows.tanh(), wb_).softmax(1).unsqueeze(2).unbind(1);  // (N, 1)

  const torch::Tensor weighted =
      beta[0] * video_sum_encoder_(v) + beta[1] * question_sum_encoder_(t);
  return (torch::addmm(bh_.view({-1}), state, Whh_) + weighted).tanh();
}

}  // namespace vidqa::models
