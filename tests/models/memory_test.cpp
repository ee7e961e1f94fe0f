#include "models/memory.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/attention.h"
#include "models/multi_step_fusion.h"
#include "tests/models/batches.h"
#include "tests/testing/golden_file.h"

namespace vidqa::models {
namespace {

using torch::Tensor;
using vidqa::testing::kDoubleRounding;
using vidqa::testing::relative_error;

constexpr int64_t kHidden = 4;
constexpr int64_t kSlots = 3;

/// The equations as the paper and the released code write them: one example, one step, one
/// concatenation at a time, without any sharing of products. A row vector is (1, D).
struct Equations {
  std::map<std::string, Tensor> parameters;

  explicit Equations(const torch::nn::Module& module) {
    for (const auto& item : module.named_parameters())
      parameters.emplace(item.key(), item.value().detach());
  }
  Tensor operator[](const std::string& name) const { return parameters.at(name); }
  Tensor linear(const std::string& name, const std::vector<Tensor>& pieces) const {
    const Tensor x = torch::cat(pieces, 1);
    return torch::mm(x, (*this)[name + ".weight"].t()) + (*this)[name + ".bias"];
  }
};

Tensor zeros(int64_t rows) { return torch::zeros({rows, kHidden}, torch::kFloat64); }

/// appearance, motion (T, h) -> (T, h).
Tensor video_memory(const Equations& p, const Tensor& appearance, const Tensor& motion) {
  Tensor slots = zeros(kSlots);
  Tensor g_a = zeros(1), g_m = zeros(1), g = zeros(1);
  std::vector<Tensor> result;
  for (int64_t t = 0; t < appearance.size(0); ++t) {
    const Tensor x_a = appearance[t].unsqueeze(0);
    const Tensor x_m = motion[t].unsqueeze(0);
    const Tensor r = torch::mm(p.linear("read_prob", {g_a, g_m, g}).softmax(1), slots);
    const Tensor next = p.linear("read_to_hidden", {r, g}).relu();
    const Tensor next_a = p.linear("read_to_hidden_a", {x_a, r, g_a}).relu();
    const Tensor next_m = p.linear("read_to_hidden_m", {x_m, r, g_m}).relu();
    const Tensor e = p.linear("write_prob", {g_a, g_m, g}).softmax(1);
    const Tensor k_a = p.linear("hidden_to_content_a", {g_a, x_a}).relu();
    const Tensor k_m = p.linear("hidden_to_content_m", {g_m, x_m}).relu();
    const Tensor w_a = p.linear("write_prob_a", {g_a, x_a}).softmax(1);
    const Tensor w_m = p.linear("write_prob_m", {g_m, x_m}).softmax(1);
    slots = e[0][0] * slots + e[0][1] * torch::mm(w_a.t(), k_a) + e[0][2] * torch::mm(w_m.t(), k_m);
    g = next;
    g_a = next_a;
    g_m = next_m;
    result.push_back(g);
  }
  return torch::cat(result);
}

/// words (L, h) -> (L, h).
Tensor question_memory(const Equations& p, const Tensor& words) {
  Tensor slots = zeros(kSlots);
  Tensor g = zeros(1);
  std::vector<Tensor> result;
  for (int64_t t = 0; t < words.size(0); ++t) {
    const Tensor x = words[t].unsqueeze(0);
    const Tensor r = p.linear("read_gate", {x, g}).sigmoid() *
                     torch::mm(p.linear("read_prob", {x, g}).softmax(1), slots);
    const Tensor next =
        (torch::mm(x, p["Wxh"]) + torch::mm(r, p["Wrh"]) + torch::mm(g, p["Whh"]) + p["bh"]).relu();
    const Tensor k = p.linear("hidden_to_content", {x, g}).relu();
    const Tensor a = p.linear("write_prob", {x, g}).softmax(1);
    const Tensor b = p.linear("write_gate", {x, g}).sigmoid();
    slots = b * torch::mm(a.t(), k) + (1 - a).t() * slots;
    g = next;
    result.push_back(g);
  }
  return torch::cat(result);
}

/// sum_t softmax_t(tanh(x_t W + q U + b) . V) x_t: x (T, D) -> (1, D).
Tensor attention(const Tensor& x, const Tensor& q, const Tensor& W, const Tensor& U,
                 const Tensor& b, const Tensor& V) {
  const Tensor scores = torch::mv((torch::mm(x, W) + torch::mm(q, U) + b.view({1, -1})).tanh(), V);
  return torch::mm(scores.softmax(0).unsqueeze(0), x);
}

/// state (1, h), memories (T, h) and (L, h) -> (1, h).
Tensor modality_attention(const Equations& p, const std::string& prefix, const Tensor& s,
                          const Tensor& video, const Tensor& text) {
  const auto of = [&](const char* name) { return p[prefix + name]; };
  const Tensor v = attention(video, s, of("Wav"), of("Uav"), of("bav"), of("Vav"));
  const Tensor t = attention(text, s, of("Wat"), of("Uat"), of("bat"), of("Vat"));
  const Tensor mv = torch::mm(v, of("Vbv")) + of("bbv") + torch::mm(s, of("Wb"));
  const Tensor mt = torch::mm(t, of("Vbt")) + of("bbt") + torch::mm(s, of("Wb"));
  const Tensor beta = torch::mv(torch::cat({mv, mt}).tanh(), of("wb")).softmax(0);
  return (torch::mm(s, of("Whh")) + beta[0] * p.linear(prefix + "video_sum_encoder", {v}) +
          beta[1] * p.linear(prefix + "question_sum_encoder", {t}) + of("bh").view({1, -1}))
      .tanh();
}

/// One step of a torch.nn.LSTMCell.
LstmState lstm_step(const Equations& p, const std::string& name, const Tensor& x,
                    const LstmState& state) {
  const auto [h, c] =
      torch::lstm_cell(x, {state.h, state.c}, p[name + ".weight_ih"], p[name + ".weight_hh"],
                       p[name + ".bias_ih"], p[name + ".bias_hh"]);
  return {h, c};
}

/// Large random parameters, so that every term counts.
void randomise(torch::nn::Module& module) {
  module.to(torch::kFloat64);
  for (Tensor& parameter : module.parameters()) torch::nn::init::normal_(parameter, 0, 0.7);
}

Tensor random(std::vector<int64_t> shape) { return torch::randn(shape, torch::kFloat64); }

class Memories : public ::testing::Test {
 protected:
  Memories() { torch::manual_seed(1); }
};

TEST_F(Memories, VideoMemoryFollowsItsEquations) {
  VideoMemory memory(kHidden, kSlots);
  randomise(*memory);
  const Tensor appearance = random({2, 5, kHidden});
  const Tensor motion = random({2, 5, kHidden});
  const RowLayout layout(std::vector<int64_t>{5, 5});
  const Tensor out = layout.pad(memory(layout.unpad(appearance), layout.unpad(motion), layout));
  const Tensor composed = memory->compose(appearance, motion);
  for (int64_t n = 0; n < 2; ++n) {
    const Tensor expected = video_memory(Equations(*memory), appearance[n], motion[n]);
    EXPECT_LE(relative_error(out[n], expected), kDoubleRounding);
    EXPECT_LE(relative_error(composed[n], expected), kDoubleRounding);
  }
}

TEST_F(Memories, QuestionMemoryFollowsItsEquations) {
  QuestionMemory memory(kHidden, kSlots);
  randomise(*memory);
  const Tensor words = random({2, 5, kHidden});
  const RowLayout layout(std::vector<int64_t>{5, 5});
  const Tensor out = layout.pad(memory(layout.unpad(words), layout));
  const Tensor composed = memory->compose(words);
  for (int64_t n = 0; n < 2; ++n) {
    const Tensor expected = question_memory(Equations(*memory), words[n]);
    EXPECT_LE(relative_error(out[n], expected), kDoubleRounding);
    EXPECT_LE(relative_error(composed[n], expected), kDoubleRounding);
  }
}

TEST_F(Memories, TemporalAttentionFollowsItsEquations) {
  TemporalAttention module(2 * kHidden, kHidden);
  randomise(*module);
  const Tensor states = random({2, 5, 2 * kHidden});
  const Tensor query = random({2, 2 * kHidden});
  const Tensor lengths = torch::tensor({3, 5}, torch::kInt64);
  const Tensor out = module->forward(Sequence{states, valid_steps(lengths, 5)}, query);
  const RowLayout layout(lengths);
  const Tensor ragged = module->forward(RaggedSequence{layout.unpad(states), layout}, query);
  const Equations p(*module);
  for (int64_t n = 0; n < 2; ++n) {
    const Tensor expected = attention(states[n].slice(0, 0, lengths[n].item<int64_t>()),
                                      query[n].unsqueeze(0), p["Wa"], p["Ua"], p["ba"], p["Va"]);
    EXPECT_LE(relative_error(out[n].unsqueeze(0), expected), kDoubleRounding);
    EXPECT_LE(relative_error(ragged[n].unsqueeze(0), expected), kDoubleRounding);
  }
}

TEST_F(Memories, MultiStepFusionFollowsItsEquations) {
  struct Owner : torch::nn::Module {
  } owner;
  ModelConfig config;
  config.hidden = kHidden;
  MultiStepFusion module(owner, config);
  randomise(owner);
  owner.eval();
  const Tensor last_states = random({2, 2 * kHidden});
  const Tensor video = random({2, 5, kHidden});
  const Tensor text = random({2, 4, kHidden});
  const Tensor video_lengths = torch::tensor({5, 2}, torch::kInt64);
  const Tensor text_lengths = torch::tensor({1, 4}, torch::kInt64);
  const RowLayout video_layout(video_lengths);
  const RowLayout text_layout(text_lengths);
  const Tensor out = module.forward(last_states, {video_layout.unpad(video), video_layout},
                                    {text_layout.unpad(text), text_layout});
  const Equations p(owner);
  for (int64_t n = 0; n < 2; ++n) {
    const Tensor v = video[n].slice(0, 0, video_lengths[n].item<int64_t>());
    const Tensor t = text[n].slice(0, 0, text_lengths[n].item<int64_t>());
    Tensor x = p.linear("hidden_encoder_1", {last_states[n].unsqueeze(0)}).tanh();
    LstmState state_1{zeros(1), zeros(1)};
    LstmState state_2 = state_1;
    for (int round = 0; round < 3; ++round) {
      state_1 = lstm_step(p, "lstm_mm_1", x, state_1);
      state_2 = lstm_step(p, "lstm_mm_2", state_1.h, state_2);
      const Tensor y = modality_attention(p, "mm_att.", state_2.h, v, t);
      x = p.linear("hidden_encoder_2", {state_2.h, y}).tanh();
    }
    const Tensor expected = torch::cat({state_1.h, state_2.h}, 1);
    EXPECT_LE(relative_error(out[n].unsqueeze(0), expected), kDoubleRounding);
  }
}

}  // namespace
}  // namespace vidqa::models
