#include "fusion/functional.h"

#include <map>

#include <torch/torch.h>

namespace vidqa::fusion {
namespace {

constexpr double kMinNorm = 1e-12;

class SignedSqrtL2 : public torch::autograd::Function<SignedSqrtL2> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& z) {
    const torch::Tensor magnitude = z.abs();
    const torch::Tensor norm = magnitude.sum(-1, true).sqrt().clamp_min(kMinNorm);  // (..., 1)
    const torch::Tensor y = z.sign() * magnitude.sqrt() / norm;
    context->save_for_backward({y, norm});
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    TORCH_CHECK(!torch::GradMode::is_enabled(),
                "signed_sqrt_l2: only first derivatives are available, got create_graph=true");
    const auto saved = context->get_saved_variables();
    const torch::Tensor& y = saved[0];
    const torch::Tensor& norm = saved[1];
    const torch::Tensor& dy = gradients[0];
    const torch::Tensor along = (dy * y).sum(-1, true).masked_fill_(norm.le(kMinNorm), 0);
    const torch::Tensor dz = (dy - along * y) / (2 * norm.square() * y.abs());
    return {dz.masked_fill(y.eq(0), 0)};
  }
};

}  // namespace

torch::Tensor signed_sqrt_l2(const torch::Tensor& z) { return SignedSqrtL2::apply(z); }

torch::Tensor count_sketch(const torch::Tensor& x, const torch::Tensor& h, const torch::Tensor& s,
                           int64_t m) {
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = m;
  return torch::zeros(shape, x.options()).index_add(-1, h, x * s);
}

torch::Tensor bilinear_form(const torch::Tensor& u, const torch::Tensor& v,
                            const torch::Tensor& weight, const torch::Tensor& bias) {
  const torch::Tensor slices = torch::linear(v, weight.flatten(0, 1))  // (..., k p)
                                   .unflatten(-1, {weight.size(0), weight.size(1)});
  return torch::matmul(slices, u.unsqueeze(-1)).squeeze(-1) + bias;  // (..., k)
}

Activation find_activation(const std::string& fusion, const std::string& key,
                           const std::string& name) {
  using torch::Tensor;
  static const std::map<std::string, Activation> activations = {
      {"none", [](const Tensor& x) { return x; }},
      {"relu", [](const Tensor& x) { return torch::relu(x); }},
      {"leaky_relu", [](const Tensor& x) { return torch::leaky_relu(x); }},
      {"elu", [](const Tensor& x) { return torch::elu(x); }},
      {"selu", [](const Tensor& x) { return torch::selu(x); }},
      {"gelu", [](const Tensor& x) { return torch::gelu(x); }},
      {"softplus", [](const Tensor& x) { return torch::softplus(x); }},
      {"sigmoid", [](const Tensor& x) { return torch::sigmoid(x); }},
      {"tanh", [](const Tensor& x) { return torch::tanh(x); }},
  };
  const auto found = activations.find(name);
  if (found != activations.end()) return found->second;
  std::string names;
  for (const auto& row : activations) names += (names.empty() ? "" : ", ") + row.first;
  TORCH_CHECK(false, fusion, ": ", key, " must be one of ", names, ", got '", name, "'");
}

}  // namespace vidqa::fusion
