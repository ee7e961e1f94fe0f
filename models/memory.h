#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "models/ragged.h"

namespace vidqa::models {

/// Heterogeneous video memory, `mrm_vid` of HME (Fan et al., CVPR 2019, arXiv 1904.04357,
/// section 3.2): S slots R that both streams read and write. With x_a, x_m the encodings of step t
/// and u = [g_a; g_m; g] (all 0 at first), every step does
///   read    r = softmax(read_prob(u)) R
///   hidden  g' = relu(read_to_hidden([r; g])),
///           g_a' = relu(read_to_hidden_a([x_a; r; g_a])), g_m' likewise
///   write   e = softmax(write_prob(u)),
///           k_a = relu(hidden_to_content_a([g_a; x_a])), k_m likewise,
///           w_a = softmax(write_prob_a([g_a; x_a])), w_m likewise,
///           R' = e_0 R + e_1 w_a^T k_a + e_2 w_m^T k_m
/// and gives g'. As released, the hidden sequence is the result, not the slots, so the last write
/// is never seen.
///
/// On the CPU in float32 and float64 it is one operation (FusedVideoMemory); elsewhere, and as the
/// oracle of the tests, compose().
class VideoMemoryImpl : public torch::nn::Module {
 public:
  VideoMemoryImpl(int64_t hidden, int64_t slots);

  /// appearance, motion (R, h), rows of `layout` -> (R, h).
  torch::Tensor forward(const torch::Tensor& appearance, const torch::Tensor& motion,
                        const RowLayout& layout);
  /// With Torch's operators, over padded sequences: (N, T, h) -> (N, T, h).
  torch::Tensor compose(const torch::Tensor& appearance, const torch::Tensor& motion);

 private:
  struct Stream {
    torch::nn::Linear read_to_hidden{nullptr};
    torch::nn::Linear hidden_to_content{nullptr};
    torch::nn::Linear write_prob{nullptr};
  };
  Stream register_stream(const std::string& suffix);

  int64_t hidden_;
  int64_t slots_;
  torch::nn::Linear read_prob_{nullptr};
  torch::nn::Linear write_prob_{nullptr};
  torch::nn::Linear read_to_hidden_{nullptr};
  Stream appearance_;
  Stream motion_;
};
TORCH_MODULE(VideoMemory);

/// Question memory, `mrm_txt` of HME (section 3.3). With x = Q[t], u = [x; g]:
///   r = sigmoid(read_gate(u)) softmax(read_prob(u)) R,  g' = relu(x Wxh + r Wrh + g Whh + bh),
///   k = relu(hidden_to_content(u)), a = softmax(write_prob(u)), b = sigmoid(write_gate(u)),
///   R' = b a^T k + (1 - a)^T * R
/// and gives g'. Where it runs: as VideoMemory.
class QuestionMemoryImpl : public torch::nn::Module {
 public:
  QuestionMemoryImpl(int64_t hidden, int64_t slots);

  /// (R, h), rows of `layout` -> (R, h).
  torch::Tensor forward(const torch::Tensor& words, const RowLayout& layout);
  /// With Torch's operators, over padded sequences: (N, L, h) -> (N, L, h).
  torch::Tensor compose(const torch::Tensor& words);

 private:
  int64_t hidden_;
  int64_t slots_;
  torch::nn::Linear hidden_to_content_{nullptr};
  torch::nn::Linear read_gate_{nullptr};
  torch::nn::Linear read_prob_{nullptr};
  torch::nn::Linear write_gate_{nullptr};
  torch::nn::Linear write_prob_{nullptr};
  torch::Tensor Wxh_;
  torch::Tensor Wrh_;
  torch::Tensor Whh_;
  torch::Tensor bh_;
};
TORCH_MODULE(QuestionMemory);

}  // namespace vidqa::models
