#include "fusion/phm.h"

#include <cmath>
#include <numeric>
#include <string>

#include <torch/torch.h>

#include "fusion/cost.h"
#include "fusion/dropout.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {
namespace {

double phm_parameters(double in, double out, double n) { return n * n * n + in * out / n + out; }

void check_components(const PHMOptions& options) {
  const FusionDims dims = options.dims();
  const int64_t common = std::gcd(std::gcd(dims.x, dims.y), std::gcd(dims.out, options.mm_dim()));
  std::string accepted;
  for (int64_t n = 1; n <= common; ++n) {
    if (common % n == 0) accepted += (accepted.empty() ? "" : ", ") + std::to_string(n);
  }
  TORCH_CHECK(common % options.components() == 0, PHMImpl::kName,
              ": components must divide the widths of x (", dims.x, "), y (", dims.y,
              "), the output (", dims.out, ") and mm_dim (", options.mm_dim(), "): one of ",
              accepted, "; got ", options.components());
}

}  // namespace

void PHMOptions::bind(SpecReader& spec) {
  spec.bind("mm_dim", mm_dim_);
  spec.bind("components", components_);
  spec.bind("activ_input", activ_input_);
  spec.bind("activ_output", activ_output_);
  spec.bind_dropout({{"dropout_input", &dropout_input_},
                     {"dropout_pre_lin", &dropout_pre_lin_},
                     {"dropout_output", &dropout_output_}});
}

void PHMOptions::validate() const {
  check_positive(PHMImpl::kName, {{"mm_dim", mm_dim_}, {"components", components_}});
  check_dropout(PHMImpl::kName, {{"dropout_input", dropout_input_},
                                 {"dropout_pre_lin", dropout_pre_lin_},
                                 {"dropout_output", dropout_output_}});
  check_components(*this);
}

double PHMOptions::num_parameters() const {
  const auto n = static_cast<double>(components_);
  const auto m = static_cast<double>(mm_dim_);
  return phm_parameters(static_cast<double>(dims_.x), m, n) +
         phm_parameters(static_cast<double>(dims_.y), m, n) +
         phm_parameters(m, static_cast<double>(dims_.out), n);
}

Cost PHMOptions::cost() const {
  const auto m = static_cast<double>(mm_dim_);
  const auto out = static_cast<double>(dims_.out);
  Cost cost;
  cost.parameters = num_parameters();
  // The weights are made once a call, not once a row.
  cost.multiply_adds = linear_multiply_adds(dims_.x, m) + linear_multiply_adds(dims_.y, m) + m +
                       linear_multiply_adds(m, out);
  cost.saved_bytes = kBytesPerValue * (2 * (m + output_values(dropout_input_, m)) +
                                       output_values(dropout_pre_lin_, m) + out +
                                       output_values(dropout_output_, out));
  return cost;
}

PHMLinearImpl::PHMLinearImpl(int64_t in_features, int64_t out_features, int64_t components)
    : torch::nn::Module("PHMLinear"),
      a_(register_parameter("a", torch::empty({components, components, components}))),
      s_(register_parameter(
          "s", torch::empty({components, out_features / components, in_features / components}))),
      bias_(register_parameter("bias", torch::empty({out_features}))) {
  // Entries of W have the variance of a linear layer's: each is a sum of n products.
  const double bound = 1 / std::sqrt(static_cast<double>(in_features));
  const double unit = std::sqrt(3.0 / static_cast<double>(components));  // a: variance 1 / n
  torch::nn::init::uniform_(a_, -unit, unit);
  torch::nn::init::uniform_(s_, -bound, bound);
  torch::nn::init::uniform_(bias_, -bound, bound);
}

torch::Tensor PHMLinearImpl::weight() const {
  const int64_t n = a_.size(0);
  // W_{(p, q), (r, t)} = sum_i A_i[p, r] S_i[q, t]
  const torch::Tensor products = torch::mm(a_.flatten(1).t(), s_.flatten(1));  // (n n, q t)
  return products.view({n, n, s_.size(1), s_.size(2)})
      .permute({0, 2, 1, 3})
      .reshape({n * s_.size(1), n * s_.size(2)});
}

torch::Tensor PHMLinearImpl::forward(const torch::Tensor& x) const {
  return torch::linear(x, weight(), bias_);
}

PHMImpl::PHMImpl(const PHMOptions& options)
    : Fusion(options.dims(), kName),
      options(options),
      activ_input_(find_activation(kName, "activ_input", options.activ_input())),
      activ_output_(find_activation(kName, "activ_output", options.activ_output())) {
  options.validate();
  check_mm_dim(kName, options);
  const int64_t m = options.mm_dim();
  const int64_t n = options.components();
  linear0_ = register_module("linear0", PHMLinear(dims().x, m, n));
  linear1_ = register_module("linear1", PHMLinear(dims().y, m, n));
  linear_out_ = register_module("linear_out", PHMLinear(m, dims().out, n));
}

torch::Tensor PHMImpl::compose(const torch::Tensor& x, const torch::Tensor& y) {
  const torch::Tensor u =
      drop(activate(activ_input_, linear0_(x)), options.dropout_input(), is_training());
  const torch::Tensor v =
      drop(activate(activ_input_, linear1_(y)), options.dropout_input(), is_training());
  const torch::Tensor z = drop(u * v, options.dropout_pre_lin(), is_training());  // (..., m)
  return drop(activate(activ_output_, linear_out_(z)), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion
