#include "pipeline/train/radam.h"

#include <cmath>

#include <torch/optim/serialize.h>
#include <torch/serialize.h>
#include <torch/utils.h>

namespace vidqa::train {

using torch::Tensor;

void RAdamOptions::serialize(torch::serialize::OutputArchive& archive) const {
  _TORCH_OPTIM_SERIALIZE_TORCH_ARG(lr);
  _TORCH_OPTIM_SERIALIZE_TORCH_ARG(betas);
  _TORCH_OPTIM_SERIALIZE_TORCH_ARG(eps);
  _TORCH_OPTIM_SERIALIZE_TORCH_ARG(weight_decay);
}

void RAdamOptions::serialize(torch::serialize::InputArchive& archive) {
  _TORCH_OPTIM_DESERIALIZE_TORCH_ARG(double, lr);
  _TORCH_OPTIM_DESERIALIZE_TORCH_ARG(betas_t, betas);
  _TORCH_OPTIM_DESERIALIZE_TORCH_ARG(double, eps);
  _TORCH_OPTIM_DESERIALIZE_TORCH_ARG(double, weight_decay);
}

void RAdamParamState::serialize(torch::serialize::OutputArchive& archive) const {
  _TORCH_OPTIM_SERIALIZE_TORCH_ARG(step);
  _TORCH_OPTIM_SERIALIZE_TORCH_ARG(exp_avg);
  _TORCH_OPTIM_SERIALIZE_TORCH_ARG(exp_avg_sq);
}

void RAdamParamState::serialize(torch::serialize::InputArchive& archive) {
  _TORCH_OPTIM_DESERIALIZE_TORCH_ARG(int64_t, step);
  _TORCH_OPTIM_DESERIALIZE_TORCH_ARG(Tensor, exp_avg);
  _TORCH_OPTIM_DESERIALIZE_TORCH_ARG(Tensor, exp_avg_sq);
}

RAdamStep radam_step(int64_t t, double beta_1, double beta_2) {
  constexpr double kFewestDegrees = 5;  // of freedom, for a variance that can be trusted
  const double longest = 2 / (1 - beta_2) - 1;
  const double power = std::pow(beta_2, static_cast<double>(t));
  const double length = longest - 2 * static_cast<double>(t) * power / (1 - power);
  const double correction = 1 - std::pow(beta_1, static_cast<double>(t));
  if (length < kFewestDegrees) return {1 / correction, false};
  const double rectification = std::sqrt((1 - power) * (length - 4) / (longest - 4) * (length - 2) /
                                         length * longest / (longest - 2));
  return {rectification / correction, true};
}

RAdam::RAdam(std::vector<Tensor> parameters, RAdamOptions defaults)
    : Optimizer({torch::optim::OptimizerParamGroup(std::move(parameters))},
                std::make_unique<RAdamOptions>(defaults)) {}

Tensor RAdam::step(LossClosure closure) {
  Tensor loss;
  if (closure != nullptr) {
    const torch::AutoGradMode enable(true);
    loss = closure();
  }
  const torch::NoGradGuard no_grad;
  for (auto& group : param_groups_) {
    const auto& options = static_cast<const RAdamOptions&>(group.options());
    const auto [beta_1, beta_2] = options.betas();
    for (Tensor& parameter : group.params()) {
      const Tensor& gradient = parameter.grad();
      if (!gradient.defined()) continue;
      auto& stored = state_[c10::guts::to_string(parameter.unsafeGetTensorImpl())];
      if (stored == nullptr) {
        auto fresh = std::make_unique<RAdamParamState>();
        fresh->exp_avg(torch::zeros_like(parameter));
        fresh->exp_avg_sq(torch::zeros_like(parameter));
        stored = std::move(fresh);
      }
      auto& state = static_cast<RAdamParamState&>(*stored);
      state.step(state.step() + 1);
      state.exp_avg().mul_(beta_1).add_(gradient, 1 - beta_1);
      state.exp_avg_sq().mul_(beta_2).addcmul_(gradient, gradient, 1 - beta_2);
      if (options.weight_decay() != 0) parameter.mul_(1 - options.lr() * options.weight_decay());
      const RAdamStep step = radam_step(state.step(), beta_1, beta_2);
      if (step.rectified) {
        parameter.addcdiv_(state.exp_avg(), state.exp_avg_sq().sqrt().add_(options.eps()),
                           -options.lr() * step.factor);
      } else {
        parameter.add_(state.exp_avg(), -options.lr() * step.factor);
      }
    }
  }
  return loss;
}

void RAdam::save(torch::serialize::OutputArchive& archive) const {
  torch::optim::serialize<RAdamParamState, RAdamOptions>(archive, *this);
}

void RAdam::load(torch::serialize::InputArchive& archive) {
  torch::optim::serialize<RAdamParamState, RAdamOptions>(archive, *this);
}

}  // namespace vidqa::train
