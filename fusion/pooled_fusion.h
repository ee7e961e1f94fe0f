#pragma once

#include <string>
#include <vector>

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/cpu/pooled_rows.h"
#include "fusion/functional.h"
#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

/// What tells LinearSum, MLB, MFB and MFH apart.
struct PooledKind {
  const char* name;
  cpu::Combine combine;
  int num_blocks;  ///< pairs of projections: 2 in MFH
  bool has_factor;
  bool normalizes;  ///< unless an option says otherwise
  /// Of the dropout between the two layers: its name in the published code, and its place.
  const char* dropout_middle;
  bool drops_before_pooling;
};

/// Their options. Defaults are those of arXiv 2012.10285.
struct PooledOptions {
  PooledOptions(FusionDims dims, const PooledKind& kind);

  void bind(SpecReader& spec);
  /// Throws c10::Error naming the fusion, the option and what is accepted.
  void validate() const;
  double num_parameters() const;
  Cost cost() const;

  const PooledKind& kind() const { return *kind_; }
  /// m f, the width of a projection.
  int64_t wide() const { return mm_dim_ * factor_; }

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 1600;
  TORCH_ARG(int64_t, factor) = 1;
  TORCH_ARG(std::string, activ_input) = "leaky_relu";
  TORCH_ARG(std::string, activ_output) = "leaky_relu";
  TORCH_ARG(bool, normalize);
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_middle) = 0.2;  ///< dropout_pre_norm or dropout_pre_lin
  TORCH_ARG(double, dropout_output) = 0.2;

 private:
  const PooledKind* kind_;
};

/// A fusion that projects x and y, combines the projections, pools groups of neighbours and ends in
/// a linear layer. The derived classes hold the formulas.
class PooledFusion : public Fusion {
 public:
  const PooledOptions options;

 protected:
  struct Block {
    torch::nn::Linear linear_x{nullptr};
    torch::nn::Linear linear_y{nullptr};
  };

  explicit PooledFusion(const PooledOptions& options);

  bool has_kernel() const override;
  torch::Tensor fuse(const torch::Tensor& x, const torch::Tensor& y) override;

  // Pieces of compose().
  /// drop(phi(W x + b)), (..., m f).
  torch::Tensor project(torch::nn::Linear& linear, const torch::Tensor& x) const;
  torch::Tensor drop_middle(const torch::Tensor& values) const;
  /// (..., m f) -> (..., m): sums of f neighbours.
  torch::Tensor sum_groups(const torch::Tensor& values) const;
  /// signed_sqrt_l2 with `normalize`.
  torch::Tensor normalized(const torch::Tensor& z) const;
  /// drop(psi(Wo z + bo)).
  torch::Tensor output(const torch::Tensor& z);

  std::vector<Block> blocks_;

 private:
  Activation activ_input_;
  Activation activ_output_;
  torch::nn::Linear linear_out_{nullptr};
};

}  // namespace vidqa::fusion
