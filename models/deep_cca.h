#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace vidqa::models {

/// The pair of networks of deep canonical correlation analysis (Andrew et al., ICML 2013), one for
/// the attended question and one for the context: Linear and sigmoid, the last one without sigmoid,
/// all d wide.
class DeepCcaImpl : public torch::nn::Module {
 public:
  DeepCcaImpl(int64_t width, int64_t layers);

  struct Views {
    torch::Tensor question;  ///< (R, d)
    torch::Tensor context;   ///< (R, d)
  };
  /// `times` over: 1 is what is meant. The released code of trying_blp applies the pair once for
  /// each step of the longest clip of the batch, which leaves hardly anything of either view.
  Views forward(Views views, int64_t times);

 private:
  class Network : public torch::nn::Module {
   public:
    Network(int64_t width, int64_t layers);
    torch::Tensor forward(torch::Tensor x);

   private:
    torch::nn::ModuleList layers_;
  };

  std::shared_ptr<Network> model1_;
  std::shared_ptr<Network> model2_;
};
TORCH_MODULE(DeepCca);

/// What deep CCA maximises, the total correlation of two views (R, d): the sum of the singular
/// values of S11^-1/2 S12 S22^-1/2, where S are covariances with `ridge` added to the diagonals of
/// S11 and S22. Between 0 and d.
torch::Tensor total_correlation(const torch::Tensor& view_1, const torch::Tensor& view_2,
                                double ridge = 1e-4);

}  // namespace vidqa::models
