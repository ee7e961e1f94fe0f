#include "pipeline/data/row_norm.h"

#include <torch/torch.h>

namespace vidqa::data {
namespace {

constexpr double kMinNorm = 1e-12;  // torch.nn.functional.normalize

}  // namespace

torch::Tensor RowNorm::apply(const torch::Tensor& rows) const {
  switch (norm_) {
    case FeatureNorm::kNone:
      return rows;
    case FeatureNorm::kL2:
      return rows / rows.norm(2, {1}, /*keepdim=*/true).clamp_min(kMinNorm);
    case FeatureNorm::kStandardize:
      TORCH_CHECK(mean_.defined(), "features: standardizing needs statistics over training clips");
      return (rows - mean_) / deviation_;
  }
  TORCH_CHECK(false, "features: unknown norm");
}

void RowNorm::fit(int64_t num_clips, const std::function<torch::Tensor(int64_t)>& clip) {
  if (norm_ != FeatureNorm::kStandardize) return;
  torch::Tensor sum;
  int64_t rows = 0;
  for (int64_t i = 0; i < num_clips; ++i) {
    const torch::Tensor values = clip(i).to(torch::kFloat64);
    if (!sum.defined()) sum = torch::zeros({1, values.size(1)}, torch::kFloat64);
    sum += values.sum(0, /*keepdim=*/true);
    rows += values.size(0);
  }
  TORCH_CHECK(rows > 0, "features: standardizing needs training clips with rows, got none");
  const torch::Tensor mean = sum / rows;
  torch::Tensor squares = torch::zeros_like(sum);
  for (int64_t i = 0; i < num_clips; ++i)
    squares += (clip(i).to(torch::kFloat64) - mean).square().sum(0, /*keepdim=*/true);
  const torch::Tensor deviation = (squares / rows).sqrt();
  const torch::Tensor constant = deviation <= 1e-7 * mean.abs();  // float32 noise of equal values
  mean_ = mean.to(torch::kFloat32);
  deviation_ = torch::where(constant, torch::ones_like(deviation), deviation).to(torch::kFloat32);
}

}  // namespace vidqa::data
