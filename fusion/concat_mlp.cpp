#include "fusion/concat_mlp.h"

#include <torch/torch.h>

#include "fusion/dropout.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {

void ConcatMLPOptions::bind(SpecReader& spec) {
  TORCH_CHECK(!spec.given("mm_dim") || !spec.given("dimensions"), ConcatMLPImpl::kName,
              ": mm_dim and dimensions both set the hidden layers; give one of them");
  spec.bind("mm_dim", mm_dim_);
  spec.bind("dimensions", dimensions_);
  spec.bind("activation", activation_);
  spec.bind("dropout", dropout_);
}

std::vector<int64_t> ConcatMLPOptions::widths() const {
  std::vector<int64_t> widths = {dims_.x + dims_.y};
  if (dimensions_.empty()) {
    widths.insert(widths.end(), 2, mm_dim_);
  } else {
    widths.insert(widths.end(), dimensions_.begin(), dimensions_.end());
  }
  widths.push_back(dims_.out);
  return widths;
}

double ConcatMLPOptions::num_parameters() const {
  const std::vector<int64_t> layers = widths();
  double sum = 0;
  for (size_t i = 1; i < layers.size(); ++i) sum += linear_parameters(layers[i - 1], layers[i]);
  return sum;
}

ConcatMLPImpl::ConcatMLPImpl(const ConcatMLPOptions& options)
    : Fusion(options.dims(), kName),
      options(options),
      activation_(find_activation(kName, "activation", options.activation())) {
  check_positive(kName, {{"mm_dim", options.mm_dim()}});
  for (const int64_t width : options.dimensions()) check_positive(kName, {{"dimensions", width}});
  check_dropout(kName, {{"dropout", options.dropout()}});
  if (options.dimensions().empty()) {
    check_mm_dim(kName, options);
  } else {
    check_memory(kName, options.num_parameters());
  }
  auto mlp = register_module("mlp", std::make_shared<torch::nn::Module>("mlp"));
  linears_ = mlp->register_module("linears", torch::nn::ModuleList());
  const std::vector<int64_t> widths = options.widths();
  for (size_t i = 1; i < widths.size(); ++i)
    linears_->push_back(torch::nn::Linear(widths[i - 1], widths[i]));
}

torch::Tensor ConcatMLPImpl::forward(const torch::Tensor& x, const torch::Tensor& y) {
  check_inputs(x, y);
  torch::Tensor h = torch::cat({x, y}, -1);
  for (size_t i = 0; i < linears_->size(); ++i) {
    h = linears_->at<torch::nn::LinearImpl>(i).forward(h);
    if (i + 1 < linears_->size()) h = drop(activation_(h), options.dropout(), is_training());
  }
  return h;
}

}  // namespace vidqa::fusion
