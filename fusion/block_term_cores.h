#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <torch/types.h>

#include "fusion/cpu/block_term_rows.h"
#include "fusion/fused_operator.h"

namespace vidqa::fusion {

/// Of one chunk of a block-term fusion: the columns of u, v and z that its core connects.
struct BlockTermChunk {
  /// Columns [begin, begin + width).
  struct Columns {
    int64_t begin = 0;
    int64_t width = 0;
  };
  Columns u;
  Columns v;
  Columns z;
};

/// The middle of FusedBlockTerm: z[chunk] = sum over r of (U_r u + b_r) * (V_r v + c_r) for cores
/// of low rank, u' W v + b for full ones. The products of a chunk are made in slabs of a few ranks
/// or slices, so that rows times ranks times width never exist at once. Slices of a full core are
/// those of z in the forward pass, those of u in the backward pass.
///
/// The tensors of a core are four inputs of an operator, from `first_input` on, chunk after chunk:
/// weight and bias for u, weight and bias for v. Low rank: (rank w, w), (rank w) both. Full: weight
/// (w, w, w) and bias (w), the other two undefined.
class BlockTermCores {
 public:
  using Tensors = std::vector<torch::Tensor>;

  /// `width`: columns of z. rank 0: full cores.
  BlockTermCores(std::vector<BlockTermChunk> chunks, int64_t rank, int64_t width,
                 size_t first_input);

  /// Before the first forward(): how many rows come, and whether backward() will follow.
  void begin(int64_t rows, bool keep, const torch::TensorOptions& options);

  /// Rows first... of u and v -> z (n, width).
  void forward(const Tensors& inputs, const torch::Tensor& u, const torch::Tensor& v, int64_t first,
               torch::Tensor z);

  /// Blocks of a stretch's rows that threads of backward() take at the same time.
  int64_t blocks_at_once() const;

  /// Columns that backward() works in, for each row of a stretch.
  int64_t scratch_columns() const;

  /// Scratch for stretches of at most `most` rows.
  void begin_backward(int64_t most, const torch::TensorOptions& options);

  /// Of the rows [first, first + n), from dz (n, width): adds to du and dv, and to `gradients` of
  /// the cores' tensors, which are written where first is 0.
  void backward(const FusedOperator::Pass& pass, const torch::Tensor& u, const torch::Tensor& v,
                int64_t first, const torch::Tensor& dz, torch::Tensor du, torch::Tensor dv,
                Tensors& gradients);

  /// Of the two products of every chunk, with u and with v, how many are kept: 0 to 2. For
  /// `num_chunks` cores of low rank and width w.
  static double kept_products(int64_t num_chunks, int64_t width, int64_t rank);

 private:
  enum CoreInput : size_t { kWeightU, kBiasU, kWeightV, kBiasV, kInputsOfCore };

  /// Ranks, or slices of a full core, that are multiplied together.
  struct Slab {
    size_t chunk;
    int64_t first;
    int64_t count;
    int64_t width;  ///< columns of the product
  };

  /// With the weights of a slab, (rows, slab width) each; undefined where not kept.
  struct Products {
    torch::Tensor with_u;  ///< and with its bias
    torch::Tensor with_v;  ///< without its bias
    Products rows(int64_t first, int64_t n) const;
  };

  bool is_low_rank() const { return rank_ > 0; }
  size_t core_input(size_t chunk, CoreInput input) const {
    return first_input_ + chunk * kInputsOfCore + input;
  }
  torch::Tensor weight_of(const Slab& slab, const torch::Tensor& weight) const;
  template <typename T>
  const T* bias_of(const Slab& slab, const torch::Tensor& bias) const;
  cpu::LowRankShape low_rank_shape(const Slab& slab) const;
  cpu::CoreShape core_shape(const Slab& slab) const;

  template <typename T>
  void add_low_rank(const Slab& slab, const Tensors& inputs, const torch::Tensor& u,
                    const torch::Tensor& v, const Products& kept, const torch::Tensor& z) const;
  template <typename T>
  void add_full(const Slab& slab, const Tensors& inputs, const torch::Tensor& u,
                const torch::Tensor& v, const torch::Tensor& z) const;

  /// A slab in the backward pass: the rows of its chunk, and where their gradients go.
  struct SlabPass;
  void add_weight(const Slab& slab, CoreInput which, const SlabPass& pass,
                  const torch::Tensor& gradient, const torch::Tensor& rows,
                  Tensors& gradients) const;
  template <typename T>
  void backward_low_rank(const Slab& slab, const SlabPass& pass, const Products& kept,
                         const torch::Tensor& d_of_u, const torch::Tensor& d_of_v,
                         Tensors& gradients) const;
  template <typename T>
  void backward_full(const Slab& slab, const SlabPass& pass, const torch::Tensor& d_outer,
                     Tensors& gradients) const;
  void backward_slab(size_t index, const SlabPass& pass, Tensors& gradients) const;

  /// Whether each thread of backward() takes chunks of its own rather than rows of every chunk:
  /// where the chunks divide well among the threads. It never waits for another one then.
  bool shares_out_chunks() const;
  int64_t widest_slab() const;

  std::vector<BlockTermChunk> chunks_;
  int64_t rank_;
  int64_t width_;
  size_t first_input_;
  std::vector<Slab> slabs_;
  std::vector<Products> kept_;  ///< by slab
  /// For each thread that takes chunks, else one for all: (rows, widest slab) values. The product
  /// with v, then the gradient of that with u; of a full core the gradient of the outer product of
  /// u and v, then that product.
  torch::Tensor scratch_u_;
  torch::Tensor scratch_v_;  ///< likewise with v; low rank alone
};

}  // namespace vidqa::fusion
