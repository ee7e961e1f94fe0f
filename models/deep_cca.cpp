#include "models/deep_cca.h"

#include <utility>

#include <torch/torch.h>

namespace vidqa::models {

using torch::Tensor;

DeepCcaImpl::Network::Network(int64_t width, int64_t layers) {
  TORCH_CHECK(layers >= 1, "deep_cca_layers: want at least 1, got ", layers);
  for (int64_t i = 0; i + 1 < layers; ++i)
    layers_->push_back(
        torch::nn::Sequential(torch::nn::Linear(width, width), torch::nn::Sigmoid()));
  layers_->push_back(torch::nn::Linear(width, width));
  register_module("layers", layers_);
}

Tensor DeepCcaImpl::Network::forward(Tensor x) {
  for (const auto& layer : *layers_) {
    if (auto* hidden = layer->as<torch::nn::Sequential>()) x = hidden->forward(x);
    if (auto* last = layer->as<torch::nn::Linear>()) x = last->forward(x);
  }
  return x;
}

DeepCcaImpl::DeepCcaImpl(int64_t width, int64_t layers)
    : model1_(register_module("model1", std::make_shared<Network>(width, layers))),
      model2_(register_module("model2", std::make_shared<Network>(width, layers))) {}

DeepCcaImpl::Views DeepCcaImpl::forward(Views views, int64_t times) {
  for (int64_t i = 0; i < times; ++i)
    views = {model1_->forward(views.question), model2_->forward(views.context)};
  return views;
}

Tensor total_correlation(const Tensor& view_1, const Tensor& view_2, double ridge) {
  TORCH_CHECK(view_1.size(0) > 1, "total_correlation: a correlation needs two rows or more, got ",
              view_1.size(0));
  const Tensor a = view_1 - view_1.mean(0);
  const Tensor b = view_2 - view_2.mean(0);
  const double rows = static_cast<double>(view_1.size(0) - 1);
  const auto covariance = [&](const Tensor& x, const Tensor& y) { return x.t().mm(y) / rows; };
  const auto root = [&](const Tensor& x) {
    return torch::linalg_cholesky(covariance(x, x) + ridge * torch::eye(x.size(1), x.options()));
  };
  // S = L L' has S^-1/2 = Q L^-1 with an orthogonal Q, which leaves singular values as they are.
  const Tensor left = torch::linalg_solve_triangular(root(a), covariance(a, b), /*upper=*/false);
  const Tensor both = torch::linalg_solve_triangular(root(b), left.t(), /*upper=*/false);
  return torch::linalg_svdvals(both).sum();
}

}  // namespace vidqa::models
