#include "fusion/functional.h"

#include <map>

#include <torch/torch.h>

#include "fusion/cpu/norm.h"

namespace vidqa::fusion {
namespace {

class SignedSqrtL2 : public torch::autograd::Function<SignedSqrtL2> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& z) {
    const torch::Tensor magnitude = z.abs();
    const torch::Tensor norm = magnitude.sum(-1, true).sqrt().clamp_min(cpu::kMinNorm);  // (..., 1)
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
    const torch::Tensor along = (dy * y).sum(-1, true).masked_fill_(norm.le(cpu::kMinNorm), 0);
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

torch::Tensor activate(Activation activation, const torch::Tensor& x) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return torch::relu(x);
    case Activation::kLeakyRelu:
      return torch::leaky_relu(x, cpu::kLeakySlope);
    case Activation::kElu:
      return torch::elu(x);
    case Activation::kSelu:
      return torch::selu(x);
    case Activation::kGelu:
      return torch::gelu(x);
    case Activation::kSoftplus:
      return torch::softplus(x);
    case Activation::kSigmoid:
      return torch::sigmoid(x);
    case Activation::kTanh:
      return torch::tanh(x);
  }
  TORCH_CHECK(false, "activate: no such activation");
}

Activation find_activation(const std::string& fusion, const std::string& key,
                           const std::string& name) {
  static const std::map<std::string, Activation> activations = {
      {"none", Activation::kNone},
      {"relu", Activation::kRelu},
      {"leaky_relu", Activation::kLeakyRelu},
      {"elu", Activation::kElu},
      {"selu", Activation::kSelu},
      {"gelu", Activation::kGelu},
      {"softplus", Activation::kSoftplus},
      {"sigmoid", Activation::kSigmoid},
      {"tanh", Activation::kTanh}};
  const auto found = activations.find(name);
  if (found != activations.end()) return found->second;
  std::string names;
  for (const auto& row : activations) names += (names.empty() ? "" : ", ") + row.first;
  TORCH_CHECK(false, fusion, ": ", key, " must be one of ", names, ", got '", name, "'");
}

}  // namespace vidqa::fusion
