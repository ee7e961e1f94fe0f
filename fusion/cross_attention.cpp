#include "fusion/cross_attention.h"

#include <cmath>
#include <limits>

#include <torch/torch.h>

#include "fusion/cost.h"
#include "fusion/dropout.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {

void CrossAttentionOptions::bind(SpecReader& spec) {
  spec.bind("mm_dim", mm_dim_);
  spec.bind("heads", heads_);
  spec.bind_dropout(
      {{"dropout_attention", &dropout_attention_}, {"dropout_output", &dropout_output_}});
}

void CrossAttentionOptions::validate() const {
  check_positive(CrossAttentionImpl::kName, {{"mm_dim", mm_dim_}, {"heads", heads_}});
  TORCH_CHECK(mm_dim_ % heads_ == 0, CrossAttentionImpl::kName,
              ": heads must divide mm_dim=", mm_dim_, ", got ", heads_);
  check_dropout(CrossAttentionImpl::kName,
                {{"dropout_attention", dropout_attention_}, {"dropout_output", dropout_output_}});
}

double CrossAttentionOptions::num_parameters() const {
  const auto m = static_cast<double>(mm_dim_);
  return 2 * linear_parameters(dims_.x, m) + 2 * linear_parameters(dims_.y, m) + 2 * m +
         linear_parameters(m, dims_.out);
}

Cost CrossAttentionOptions::cost() const {
  const auto m = static_cast<double>(mm_dim_);
  const double scores = static_cast<double>(heads_) * Cost::kTypicalSteps;
  Cost cost;
  cost.parameters = num_parameters();
  cost.multiply_adds = 2 * (linear_multiply_adds(dims_.x, m) + linear_multiply_adds(dims_.y, m)) +
                       2 * m * Cost::kTypicalSteps + linear_multiply_adds(m, dims_.out);
  // query, key and value, the attention weights, what is normalised before and after
  cost.saved_bytes = kBytesPerValue * (3 * m + scores + (dropout_attention_ > 0 ? m : 0) + 2 * m +
                                       output_values(dropout_output_, dims_.out));
  return cost;
}

CrossAttentionImpl::CrossAttentionImpl(const CrossAttentionOptions& options)
    : Fusion(options.dims(), kName, kGranularity), options(options) {
  options.validate();
  check_mm_dim(kName, options);
  const int64_t m = options.mm_dim();
  query_ = register_module("query", torch::nn::Linear(dims().x, m));
  key_ = register_module("key", torch::nn::Linear(dims().y, m));
  value_ = register_module("value", torch::nn::Linear(dims().y, m));
  residual_ = register_module("residual", torch::nn::Linear(dims().x, m));
  norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({m})));
  linear_out_ = register_module("linear_out", torch::nn::Linear(m, dims().out));
}

torch::Tensor CrossAttentionImpl::split_heads(const torch::Tensor& states) const {
  return states.unflatten(-1, {options.heads(), options.mm_dim() / options.heads()})
      .transpose(-3, -2);
}

torch::Tensor CrossAttentionImpl::compose(const torch::Tensor& x, const torch::Tensor& y) {
  return compose_sequences(x, y, torch::Tensor());
}

torch::Tensor CrossAttentionImpl::compose_sequences(const torch::Tensor& x, const torch::Tensor& y,
                                                    const torch::Tensor& y_mask) {
  const double scale =
      1 / std::sqrt(static_cast<double>(options.mm_dim()) / static_cast<double>(options.heads()));
  torch::Tensor scores = torch::matmul(split_heads(query_(x)) * scale,
                                       split_heads(key_(y)).transpose(-2, -1));  // (..., H, T, S)
  torch::Tensor weights;
  if (y_mask.defined()) {
    const torch::Tensor padding = y_mask.logical_not().unsqueeze(-2).unsqueeze(-2);
    // The lowest number instead of minus infinity: a row without any valid step stays finite.
    scores = scores.masked_fill(padding, std::numeric_limits<float>::lowest());
    weights = scores.softmax(-1).masked_fill(padding, 0);
  } else {
    weights = scores.softmax(-1);
  }
  const torch::Tensor read =
      torch::matmul(weights, split_heads(value_(y))).transpose(-3, -2).flatten(-2);  // (..., T, m)
  const torch::Tensor h =
      norm_(residual_(x) + drop(read, options.dropout_attention(), is_training()));
  return drop(linear_out_(h), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion
