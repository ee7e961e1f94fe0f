#include "fusion/film.h"

#include <torch/torch.h>

#include "fusion/cost.h"
#include "fusion/dropout.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {

void FiLMOptions::bind(SpecReader& spec) {
  spec.bind("activ_output", activ_output_);
  spec.bind_dropout({{"dropout_input", &dropout_input_}, {"dropout_output", &dropout_output_}});
}

void FiLMOptions::validate() const {
  check_dropout(FiLMImpl::kName,
                {{"dropout_input", dropout_input_}, {"dropout_output", dropout_output_}});
}

double FiLMOptions::num_parameters() const {
  return linear_parameters(dims_.x, dims_.out) +
         linear_parameters(dims_.y, 2 * static_cast<double>(dims_.out));
}

Cost FiLMOptions::cost() const {
  const auto out = static_cast<double>(dims_.out);
  Cost cost;
  cost.parameters = num_parameters();
  cost.multiply_adds =
      linear_multiply_adds(dims_.x, out) + linear_multiply_adds(dims_.y, 2 * out) + out;
  // h, gamma with beta, and what the activation gives
  cost.saved_bytes = kBytesPerValue * (dropout_values(dropout_input_, dims_.x) +
                                       dropout_values(dropout_input_, dims_.y) + 4 * out +
                                       output_values(dropout_output_, out));
  return cost;
}

FiLMImpl::FiLMImpl(const FiLMOptions& options)
    : Fusion(options.dims(), kName),
      options(options),
      activ_output_(find_activation(kName, "activ_output", options.activ_output())) {
  options.validate();
  check_memory(kName, options.num_parameters());
  linear_ = register_module("linear", torch::nn::Linear(dims().x, dims().out));
  film_ = register_module("film", torch::nn::Linear(dims().y, 2 * dims().out));
}

torch::Tensor FiLMImpl::compose(const torch::Tensor& x, const torch::Tensor& y) {
  const torch::Tensor h = linear_(drop(x, options.dropout_input(), is_training()));
  const auto modulation = film_(drop(y, options.dropout_input(), is_training())).chunk(2, -1);
  const torch::Tensor z = torch::addcmul(h + modulation[1], modulation[0], h);  // (..., out)
  return drop(activate(activ_output_, z), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion
