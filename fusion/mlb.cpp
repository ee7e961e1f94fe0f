#include "fusion/mlb.h"

#include <torch/torch.h>

#include "fusion/dropout.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {

void MLBOptions::bind(SpecReader& spec) {
  spec.bind("mm_dim", mm_dim_);
  spec.bind("activ_input", activ_input_);
  spec.bind("activ_output", activ_output_);
  spec.bind("normalize", normalize_);
  spec.bind_dropout({{"dropout_input", &dropout_input_},
                     {"dropout_pre_lin", &dropout_pre_lin_},
                     {"dropout_output", &dropout_output_}});
}

double MLBOptions::num_parameters() const {
  return linear_parameters(dims_.x, mm_dim_) + linear_parameters(dims_.y, mm_dim_) +
         linear_parameters(mm_dim_, dims_.out);
}

MLBImpl::MLBImpl(const MLBOptions& options)
    : Fusion(options.dims(), kName),
      options(options),
      activ_input_(find_activation(kName, "activ_input", options.activ_input())),
      activ_output_(find_activation(kName, "activ_output", options.activ_output())) {
  check_positive(kName, {{"mm_dim", options.mm_dim()}});
  check_dropout(kName, {{"dropout_input", options.dropout_input()},
                        {"dropout_pre_lin", options.dropout_pre_lin()},
                        {"dropout_output", options.dropout_output()}});
  check_mm_dim(kName, options);
  const int64_t m = options.mm_dim();
  linear0_ = register_module("linear0", torch::nn::Linear(dims().x, m));
  linear1_ = register_module("linear1", torch::nn::Linear(dims().y, m));
  linear_out_ = register_module("linear_out", torch::nn::Linear(m, dims().out));
}

torch::Tensor MLBImpl::forward(const torch::Tensor& x, const torch::Tensor& y) {
  check_inputs(x, y);
  torch::Tensor u = activ_input_(linear0_(x));  // (..., m)
  torch::Tensor v = activ_input_(linear1_(y));
  u = drop(u, options.dropout_input(), is_training());
  v = drop(v, options.dropout_input(), is_training());
  torch::Tensor z = u * v;
  if (options.normalize()) z = signed_sqrt_l2(z);
  z = drop(z, options.dropout_pre_lin(), is_training());
  return drop(activ_output_(linear_out_(z)), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion
