#pragma once

#include <tuple>
#include <utility>
#include <vector>

#include <torch/optim.h>

namespace vidqa::train {

struct RAdamOptions : public torch::optim::OptimizerCloneableOptions<RAdamOptions> {
  using betas_t = std::tuple<double, double>;
  explicit RAdamOptions(double learning_rate = 3e-4) : lr_(learning_rate) {}

  TORCH_ARG(double, lr);
  TORCH_ARG(betas_t, betas) = std::make_tuple(0.9, 0.999);
  TORCH_ARG(double, eps) = 1e-8;
  TORCH_ARG(double, weight_decay) = 0;

 public:
  void serialize(torch::serialize::InputArchive& archive) override;
  void serialize(torch::serialize::OutputArchive& archive) const override;
  double get_lr() const override { return lr(); }
  void set_lr(double value) override { lr(value); }
};

struct RAdamParamState : public torch::optim::OptimizerCloneableParamState<RAdamParamState> {
  TORCH_ARG(int64_t, step) = 0;
  TORCH_ARG(torch::Tensor, exp_avg);
  TORCH_ARG(torch::Tensor, exp_avg_sq);

 public:
  void serialize(torch::serialize::InputArchive& archive) override;
  void serialize(torch::serialize::OutputArchive& archive) const override;
};

/// Rectified Adam (Liu et al., ICLR 2020, arXiv 1908.03265) as Jumperkables/trying_blp trains with
/// it, which differs from torch.optim.RAdam. In step t, with Adam's moments m and v,
/// rho_inf = 2 / (1 - b2) - 1 and rho_t = rho_inf - 2 t b2^t / (1 - b2^t):
///
///   p -= lr decay p                                              decoupled weight decay, first
///   p -= lr r_t / (1 - b1^t) m / (sqrt(v) + eps)   where rho_t >= 5, r_t the rectification with
///                                                  sqrt(1 - b2^t) in it; v itself is not corrected
///   p -= lr / (1 - b1^t) m                         else: steps 1 to 5 with the usual betas
///
/// Parameters without gradient are left alone; steps are counted for each parameter.
class RAdam : public torch::optim::Optimizer {
 public:
  RAdam(std::vector<torch::Tensor> parameters, RAdamOptions defaults);

  torch::Tensor step(LossClosure closure = nullptr) override;
  void save(torch::serialize::OutputArchive& archive) const override;
  void load(torch::serialize::InputArchive& archive) override;
};

/// Factor of lr in step t: r_t / (1 - b1^t), or 1 / (1 - b1^t) where the step is not rectified,
/// which `rectified` says.
struct RAdamStep {
  double factor;
  bool rectified;
};
RAdamStep radam_step(int64_t t, double beta_1, double beta_2);

}  // namespace vidqa::train
