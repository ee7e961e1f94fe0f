#include "fusion/lmf.h"

#include <torch/torch.h>

#include "fusion/cost.h"
#include "fusion/dropout.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {
namespace {

/// [1; x] F_i for all i: x (..., d), factor (rank, d + 1, out) -> (..., rank, out)
torch::Tensor project(const torch::Tensor& x, const torch::Tensor& factor) {
  const torch::Tensor weight =
      factor.slice(1, 1).permute({0, 2, 1}).flatten(0, 1);  // (rank out, d)
  const torch::Tensor bias = factor.select(1, 0).flatten();
  return torch::linear(x, weight, bias).unflatten(-1, {factor.size(0), factor.size(2)});
}

}  // namespace

void LMFOptions::bind(SpecReader& spec) {
  spec.bind("rank", rank_);
  spec.bind_dropout({{"dropout_input", &dropout_input_}, {"dropout_output", &dropout_output_}});
}

void LMFOptions::validate() const {
  check_positive(LMFImpl::kName, {{"rank", rank_}});
  check_dropout(LMFImpl::kName,
                {{"dropout_input", dropout_input_}, {"dropout_output", dropout_output_}});
}

double LMFOptions::num_parameters() const {
  const auto rank = static_cast<double>(rank_);
  return rank *
             (linear_parameters(dims_.x, dims_.out) + linear_parameters(dims_.y, dims_.out) + 1) +
         static_cast<double>(dims_.out);
}

Cost LMFOptions::cost() const {
  const auto out = static_cast<double>(dims_.out);
  const double wide = static_cast<double>(rank_) * out;
  Cost cost;
  cost.parameters = num_parameters();
  cost.multiply_adds =
      linear_multiply_adds(dims_.x, wide) + linear_multiply_adds(dims_.y, wide) + 2 * wide;
  cost.saved_bytes = kBytesPerValue * (dropout_values(dropout_input_, dims_.x) +
                                       dropout_values(dropout_input_, dims_.y) + 3 * wide +
                                       output_values(dropout_output_, out));
  return cost;
}

LMFImpl::LMFImpl(const LMFOptions& options) : Fusion(options.dims(), kName), options(options) {
  options.validate();
  check_memory(kName, options.num_parameters(), "rank", [options = options](int64_t rank) mutable {
    return options.rank(rank).num_parameters();
  });
  const int64_t rank = options.rank();
  factor_x_ = register_parameter("factor_x", torch::empty({rank, dims().x + 1, dims().out}));
  factor_y_ = register_parameter("factor_y", torch::empty({rank, dims().y + 1, dims().out}));
  fusion_weights_ = register_parameter("fusion_weights", torch::empty({1, rank}));
  fusion_bias_ = register_parameter("fusion_bias", torch::zeros({1, dims().out}));
  for (const torch::Tensor& weight : {factor_x_, factor_y_, fusion_weights_})
    torch::nn::init::xavier_normal_(weight);
}

torch::Tensor LMFImpl::compose(const torch::Tensor& x, const torch::Tensor& y) {
  const torch::Tensor u =
      project(drop(x, options.dropout_input(), is_training()), factor_x_);  // (..., rank, out)
  const torch::Tensor v = project(drop(y, options.dropout_input(), is_training()), factor_y_);
  const torch::Tensor sum = torch::matmul(fusion_weights_, u * v).squeeze(-2);  // (..., out)
  return drop(sum + fusion_bias_.squeeze(0), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion
