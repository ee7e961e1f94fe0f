#include "fusion/heuristic_matching.h"

#include <torch/torch.h>

#include "fusion/cost.h"
#include "fusion/dropout.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {

void HeuristicMatchingOptions::bind(SpecReader& spec) {
  spec.bind("mm_dim", mm_dim_);
  spec.bind("activation", activation_);
  spec.bind_dropout({{"dropout_input", &dropout_input_}, {"dropout_hidden", &dropout_hidden_}});
}

void HeuristicMatchingOptions::validate() const {
  check_positive(HeuristicMatchingImpl::kName, {{"mm_dim", mm_dim_}});
  check_dropout(HeuristicMatchingImpl::kName,
                {{"dropout_input", dropout_input_}, {"dropout_hidden", dropout_hidden_}});
}

double HeuristicMatchingOptions::num_parameters() const {
  return (dims_.x == dims_.y ? 0 : linear_parameters(dims_.y, dims_.x)) +
         linear_parameters(4 * static_cast<double>(dims_.x), mm_dim_) +
         linear_parameters(mm_dim_, dims_.out);
}

Cost HeuristicMatchingOptions::cost() const {
  const auto m = static_cast<double>(mm_dim_);
  const auto d = static_cast<double>(dims_.x);
  const bool projects = dims_.x != dims_.y;
  Cost cost;
  cost.parameters = num_parameters();
  cost.multiply_adds = (projects ? linear_multiply_adds(dims_.y, d) : 0) + d +
                       linear_multiply_adds(4 * d, m) + linear_multiply_adds(m, dims_.out);
  // the concatenation, the difference and the projection; the hidden layer before its activation
  cost.saved_bytes =
      kBytesPerValue * (output_values(dropout_input_, 4 * d) + d + (projects ? d : 0) + m +
                        output_values(dropout_hidden_, m) + static_cast<double>(dims_.out));
  return cost;
}

HeuristicMatchingImpl::HeuristicMatchingImpl(const HeuristicMatchingOptions& options)
    : Fusion(options.dims(), kName),
      options(options),
      activation_(find_activation(kName, "activation", options.activation())) {
  options.validate();
  check_mm_dim(kName, options);
  if (dims().x != dims().y)
    match_ = register_module("match", torch::nn::Linear(dims().y, dims().x));
  hidden_ = register_module("hidden", torch::nn::Linear(4 * dims().x, options.mm_dim()));
  out_ = register_module("out", torch::nn::Linear(options.mm_dim(), dims().out));
}

torch::Tensor HeuristicMatchingImpl::compose(const torch::Tensor& x, const torch::Tensor& y) {
  const torch::Tensor matched = match_.is_empty() ? y : match_(y);  // (..., dx)
  const torch::Tensor h = torch::cat({x, matched, x * matched, (x - matched).abs()}, -1);
  const torch::Tensor hidden =
      activate(activation_, hidden_(drop(h, options.dropout_input(), is_training())));
  return out_(drop(hidden, options.dropout_hidden(), is_training()));
}

}  // namespace vidqa::fusion
