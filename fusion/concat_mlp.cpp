#include "fusion/concat_mlp.h"

#include <utility>

#include <torch/torch.h>

#include "fusion/cost.h"
#include "fusion/dropout.h"
#include "fusion/fused_mlp.h"
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

void ConcatMLPOptions::validate() const {
  check_positive(ConcatMLPImpl::kName, {{"mm_dim", mm_dim_}});
  for (const int64_t width : dimensions_)
    check_positive(ConcatMLPImpl::kName, {{"dimensions", width}});
  check_dropout(ConcatMLPImpl::kName, {{"dropout", dropout_}});
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

Cost ConcatMLPOptions::cost() const {
  const std::vector<int64_t> layers = widths();
  Cost cost;
  cost.parameters = num_parameters();
  for (size_t i = 1; i < layers.size(); ++i) {
    cost.multiply_adds += linear_multiply_adds(layers[i - 1], layers[i]);
    cost.saved_bytes += kBytesPerValue * static_cast<double>(layers[i]);
  }
  return cost;
}

ConcatMLPImpl::ConcatMLPImpl(const ConcatMLPOptions& options)
    : Fusion(options.dims(), kName),
      options(options),
      activation_(find_activation(kName, "activation", options.activation())) {
  options.validate();
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

bool ConcatMLPImpl::has_kernel() const { return cpu::has_kernel(activation_); }

torch::Tensor ConcatMLPImpl::fuse(const torch::Tensor& x, const torch::Tensor& y) {
  FusedMlp spec;
  spec.places = DropoutPlaces(is_training());
  for (size_t i = 0; i < linears_->size(); ++i) {
    const auto linear = linears_->ptr<torch::nn::LinearImpl>(i);
    cpu::DenseRows rows;
    rows.width = linear->weight.size(0);
    if (i + 1 < linears_->size()) {
      rows.activation = activation_;
      rows.dropout = spec.places.next(options.dropout(), rows.width);
    }
    spec.layers.emplace_back(linear);
    spec.rows.push_back(rows);
  }
  return FusedMlp::apply(std::move(spec), x, y);
}

torch::Tensor ConcatMLPImpl::compose(const torch::Tensor& x, const torch::Tensor& y) {
  torch::Tensor h = torch::cat({x, y}, -1);
  for (size_t i = 0; i < linears_->size(); ++i) {
    h = linears_->at<torch::nn::LinearImpl>(i).forward(h);
    if (i + 1 < linears_->size())
      h = drop(activate(activation_, h), options.dropout(), is_training());
  }
  return h;
}

}  // namespace vidqa::fusion
