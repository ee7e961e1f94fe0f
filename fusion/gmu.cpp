#include "fusion/gmu.h"

#include <torch/torch.h>

#include "fusion/cost.h"
#include "fusion/dropout.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {

void GMUOptions::bind(SpecReader& spec) {
  spec.bind_dropout({{"dropout_input", &dropout_input_}, {"dropout_output", &dropout_output_}});
}

void GMUOptions::validate() const {
  check_dropout(GMUImpl::kName,
                {{"dropout_input", dropout_input_}, {"dropout_output", dropout_output_}});
}

double GMUOptions::num_parameters() const {
  return linear_parameters(dims_.x, dims_.out) + linear_parameters(dims_.y, dims_.out) +
         linear_parameters(dims_.x + dims_.y, dims_.out);
}

Cost GMUOptions::cost() const {
  const auto out = static_cast<double>(dims_.out);
  const double both = static_cast<double>(dims_.x) + static_cast<double>(dims_.y);
  Cost cost;
  cost.parameters = num_parameters();
  cost.multiply_adds = 2 * linear_multiply_adds(both, out) + out;
  // the concatenation; both hidden vectors and the gate
  cost.saved_bytes = kBytesPerValue * (dropout_values(dropout_input_, both) + both + 3 * out +
                                       output_values(dropout_output_, out));
  return cost;
}

GMUImpl::GMUImpl(const GMUOptions& options) : Fusion(options.dims(), kName), options(options) {
  options.validate();
  check_memory(kName, options.num_parameters());
  hidden_x_ = register_module("hidden_x", torch::nn::Linear(dims().x, dims().out));
  hidden_y_ = register_module("hidden_y", torch::nn::Linear(dims().y, dims().out));
  gate_ = register_module("gate", torch::nn::Linear(dims().x + dims().y, dims().out));
}

torch::Tensor GMUImpl::compose(const torch::Tensor& x, const torch::Tensor& y) {
  const torch::Tensor dropped_x = drop(x, options.dropout_input(), is_training());
  const torch::Tensor dropped_y = drop(y, options.dropout_input(), is_training());
  const torch::Tensor h_x = hidden_x_(dropped_x).tanh();  // (..., out)
  const torch::Tensor h_y = hidden_y_(dropped_y).tanh();
  const torch::Tensor gate = gate_(torch::cat({dropped_x, dropped_y}, -1)).sigmoid();
  return drop(torch::lerp(h_y, h_x, gate), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion
