#include "fusion/mfh.h"

#include <torch/torch.h>

#include "fusion/dropout.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {

void MFHOptions::bind(SpecReader& spec) {
  spec.bind("mm_dim", mm_dim_);
  spec.bind("factor", factor_);
  spec.bind("activ_input", activ_input_);
  spec.bind("activ_output", activ_output_);
  spec.bind("normalize", normalize_);
  spec.bind_dropout({{"dropout_input", &dropout_input_},
                     {"dropout_pre_lin", &dropout_pre_lin_},
                     {"dropout_output", &dropout_output_}});
}

double MFHOptions::num_parameters() const {
  const double wide = static_cast<double>(mm_dim_) * static_cast<double>(factor_);
  return 2 * (linear_parameters(dims_.x, wide) + linear_parameters(dims_.y, wide)) +
         linear_parameters(2 * static_cast<double>(mm_dim_), dims_.out);
}

MFHImpl::MFHImpl(const MFHOptions& options)
    : Fusion(options.dims(), kName),
      options(options),
      activ_input_(find_activation(kName, "activ_input", options.activ_input())),
      activ_output_(find_activation(kName, "activ_output", options.activ_output())) {
  check_positive(kName, {{"mm_dim", options.mm_dim()}, {"factor", options.factor()}});
  check_dropout(kName, {{"dropout_input", options.dropout_input()},
                        {"dropout_pre_lin", options.dropout_pre_lin()},
                        {"dropout_output", options.dropout_output()}});
  check_mm_dim(kName, options);
  const int64_t m = options.mm_dim();
  const int64_t wide = m * options.factor();
  linear0_0_ = register_module("linear0_0", torch::nn::Linear(dims().x, wide));
  linear1_0_ = register_module("linear1_0", torch::nn::Linear(dims().y, wide));
  linear0_1_ = register_module("linear0_1", torch::nn::Linear(dims().x, wide));
  linear1_1_ = register_module("linear1_1", torch::nn::Linear(dims().y, wide));
  linear_out_ = register_module("linear_out", torch::nn::Linear(2 * m, dims().out));
}

torch::Tensor MFHImpl::product(torch::nn::Linear& linear_x, torch::nn::Linear& linear_y,
                               const torch::Tensor& x, const torch::Tensor& y) {
  torch::Tensor u = activ_input_(linear_x(x));
  torch::Tensor v = activ_input_(linear_y(y));
  u = drop(u, options.dropout_input(), is_training());
  v = drop(v, options.dropout_input(), is_training());
  return u * v;
}

torch::Tensor MFHImpl::pool(const torch::Tensor& t) const {
  const torch::Tensor z = t.unflatten(-1, {options.mm_dim(), options.factor()}).sum(-1);
  return options.normalize() ? signed_sqrt_l2(z) : z;
}

torch::Tensor MFHImpl::forward(const torch::Tensor& x, const torch::Tensor& y) {
  check_inputs(x, y);
  const double p = options.dropout_pre_lin();
  const torch::Tensor t1 = drop(product(linear0_0_, linear1_0_, x, y), p, is_training());
  const torch::Tensor t2 = drop(product(linear0_1_, linear1_1_, x, y) * t1, p, is_training());
  const torch::Tensor z = torch::cat({pool(t1), pool(t2)}, -1);  // (..., 2 m)
  return drop(activ_output_(linear_out_(z)), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion
