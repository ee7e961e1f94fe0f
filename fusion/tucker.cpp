#include "fusion/tucker.h"

#include <torch/torch.h>

#include "fusion/dropout.h"
#include "fusion/functional.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {

void TuckerOptions::bind(SpecReader& spec) {
  spec.bind("mm_dim", mm_dim_);
  spec.bind("normalize", normalize_);
  spec.bind_dropout({{"dropout_input", &dropout_input_},
                     {"dropout_pre_lin", &dropout_pre_lin_},
                     {"dropout_output", &dropout_output_}});
}

double TuckerOptions::num_parameters() const {
  const auto m = static_cast<double>(mm_dim_);
  return linear_parameters(dims_.x, m) + linear_parameters(dims_.y, m) + m * m * m + m +
         linear_parameters(m, dims_.out);
}

TuckerImpl::TuckerImpl(const TuckerOptions& options)
    : Fusion(options.dims(), kName), options(options) {
  check_positive(kName, {{"mm_dim", options.mm_dim()}});
  check_dropout(kName, {{"dropout_input", options.dropout_input()},
                        {"dropout_pre_lin", options.dropout_pre_lin()},
                        {"dropout_output", options.dropout_output()}});
  check_mm_dim(kName, options);
  const int64_t m = options.mm_dim();
  linear0_ = register_module("linear0", torch::nn::Linear(dims().x, m));
  linear1_ = register_module("linear1", torch::nn::Linear(dims().y, m));
  bilinear_ = register_module("bilinear", torch::nn::Bilinear(torch::nn::BilinearOptions(m, m, m)));
  linear_out_ = register_module("linear_out", torch::nn::Linear(m, dims().out));
}

torch::Tensor TuckerImpl::forward(const torch::Tensor& x, const torch::Tensor& y) {
  check_inputs(x, y);
  const torch::Tensor u = drop(linear0_(x), options.dropout_input(), is_training());  // (..., m)
  const torch::Tensor v = drop(linear1_(y), options.dropout_input(), is_training());
  torch::Tensor z = bilinear_form(u, v, bilinear_->weight, bilinear_->bias);
  if (options.normalize()) z = signed_sqrt_l2(z);
  z = drop(z, options.dropout_pre_lin(), is_training());
  return drop(linear_out_(z), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion
