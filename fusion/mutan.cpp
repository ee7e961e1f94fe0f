#include "fusion/mutan.h"

#include <torch/torch.h>

#include "fusion/dropout.h"
#include "fusion/functional.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {

void MutanOptions::bind(SpecReader& spec) {
  spec.bind("mm_dim", mm_dim_);
  spec.bind("rank", rank_);
  spec.bind("shared", shared_);
  spec.bind("normalize", normalize_);
  spec.bind_dropout({{"dropout_input", &dropout_input_},
                     {"dropout_pre_lin", &dropout_pre_lin_},
                     {"dropout_output", &dropout_output_}});
}

double MutanOptions::num_parameters() const {
  const double wide = static_cast<double>(mm_dim_) * static_cast<double>(rank_);
  const double second =
      shared_ ? 0 : linear_parameters(dims_.y, mm_dim_) + linear_parameters(mm_dim_, wide);
  return linear_parameters(dims_.x, mm_dim_) + linear_parameters(mm_dim_, wide) + second +
         linear_parameters(mm_dim_, dims_.out);
}

MutanImpl::MutanImpl(const MutanOptions& options)
    : Fusion(options.dims(), kName), options(options) {
  check_positive(kName, {{"mm_dim", options.mm_dim()}, {"rank", options.rank()}});
  check_shared(kName, options.shared(), dims());
  check_dropout(kName, {{"dropout_input", options.dropout_input()},
                        {"dropout_pre_lin", options.dropout_pre_lin()},
                        {"dropout_output", options.dropout_output()}});
  check_mm_dim(kName, options);
  const int64_t m = options.mm_dim();
  const int64_t wide = m * options.rank();
  linear0_ = register_module("linear0", torch::nn::Linear(dims().x, m));
  merge_linear0_ = register_module("merge_linear0", torch::nn::Linear(m, wide));
  if (options.shared()) {
    linear1_ = linear0_;
    merge_linear1_ = merge_linear0_;
  } else {
    linear1_ = register_module("linear1", torch::nn::Linear(dims().y, m));
    merge_linear1_ = register_module("merge_linear1", torch::nn::Linear(m, wide));
  }
  linear_out_ = register_module("linear_out", torch::nn::Linear(m, dims().out));
}

torch::Tensor MutanImpl::forward(const torch::Tensor& x, const torch::Tensor& y) {
  check_inputs(x, y);
  const torch::Tensor u = drop(linear0_(x), options.dropout_input(), is_training());  // (..., m)
  const torch::Tensor v = drop(linear1_(y), options.dropout_input(), is_training());
  const torch::Tensor products = merge_linear0_(u) * merge_linear1_(v);  // (..., rank m)
  torch::Tensor z = products.unflatten(-1, {options.rank(), options.mm_dim()}).sum(-2);
  if (options.normalize()) z = signed_sqrt_l2(z);
  z = drop(z, options.dropout_pre_lin(), is_training());
  return drop(linear_out_(z), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion
