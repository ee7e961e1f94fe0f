#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/chunks.h"
#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

/// What tells Mutan, Tucker, Block and BlockTucker apart.
struct BlockTermKind {
  const char* name;
  /// Many chunks, always normalised, where pos_norm says; or one, normalised with `normalize`.
  bool has_chunks;
  bool has_low_rank;  ///< cores of low rank, else full ones
  bool can_share;     ///< one set of weights for both inputs with `shared`
};

/// Their options. Defaults are those of arXiv 2012.10285.
struct BlockTermOptions {
  BlockTermOptions(FusionDims dims, const BlockTermKind& kind);

  void bind(SpecReader& spec);
  /// Throws c10::Error naming the fusion, the option and what is accepted.
  void validate() const;
  double num_parameters() const;
  Cost cost() const;

  const BlockTermKind& kind() const { return *kind_; }

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 1600;
  TORCH_ARG(int64_t, chunks);
  TORCH_ARG(int64_t, rank) = 15;
  /// Weights that serve both inputs are registered once, as those of the first.
  TORCH_ARG(bool, shared) = false;
  TORCH_ARG(bool, normalize) = true;
  TORCH_ARG(PosNorm, pos_norm) = PosNorm::kBeforeCat;
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_pre_lin) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;

 private:
  const BlockTermKind* kind_;
};

/// A fusion that projects x and y, cuts the projections into chunks, multiplies the chunks of both
/// by a core each, normalises and ends in a linear layer. The derived classes hold the formulas.
class BlockTermFusion : public Fusion {
 public:
  const BlockTermOptions options;

 protected:
  /// Of one chunk: two linear layers (w -> rank w) whose outputs are multiplied, or a full core, of
  /// which only weight and bias are used: the product is functional.h's.
  struct Core {
    torch::nn::Linear merge_x{nullptr};
    torch::nn::Linear merge_y{nullptr};  ///< is merge_x when shared
    torch::nn::Bilinear bilinear{nullptr};
  };

  explicit BlockTermFusion(const BlockTermOptions& options);

  bool has_kernel() const override { return true; }
  torch::Tensor fuse(const torch::Tensor& x, const torch::Tensor& y) override;

  // Pieces of compose().
  /// u = drop(W0 x + b0) and v = drop(W1 y + b1), the chunks of each (..., w).
  std::vector<torch::Tensor> project_x(const torch::Tensor& x);
  std::vector<torch::Tensor> project_y(const torch::Tensor& y);
  /// Sum over r < rank of a_{r w + j} b_{r w + j}, strided, with a = M0 u + c0, b = M1 v + c1 (...,
  /// w).
  torch::Tensor low_rank_product(size_t chunk, const torch::Tensor& u, const torch::Tensor& v);
  /// Sum over ij of u_i T_kij v_j, plus b_k (..., w).
  torch::Tensor core_product(size_t chunk, const torch::Tensor& u, const torch::Tensor& v) const;
  /// (..., w) of every chunk -> drop(Wo drop(z) + bo), z the chunks as one, normalised.
  torch::Tensor output(std::vector<torch::Tensor> chunks);

 private:
  /// The layers of the one core of low rank with the projection before them multiplied in: rank w
  /// rows on x itself, exact where no dropout sits between.
  struct Folded {
    torch::Tensor weight_x, bias_x, weight_y, bias_y;
    /// Of the parameters that went in: where they are and how often they were written.
    std::vector<std::pair<const void*, int64_t>> versions;
  };
  bool can_fold(int64_t rows) const;
  Folded fold();

  std::vector<int64_t> sizes_;
  std::vector<Core> cores_;
  torch::nn::Linear linear0_{nullptr};
  torch::nn::Linear linear1_{nullptr};  ///< is linear0_ when shared
  torch::nn::Linear linear_out_{nullptr};
  Folded folded_;  ///< kept while no gradients are recorded and no parameter changes
};

}  // namespace vidqa::fusion
