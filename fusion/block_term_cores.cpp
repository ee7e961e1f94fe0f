#include "fusion/block_term_cores.h"

#include <algorithm>
#include <utility>

#include <torch/torch.h>

#include "fusion/matrix_product.h"
#include "fusion/row_blocks.h"

namespace vidqa::fusion {
namespace {

using torch::Tensor;

/// Ranks or slices of `width` columns that a slab has at most, so that a block of its product fits
/// the cache.
int64_t most_in_slab(int64_t width) {
  constexpr int64_t kColumns = 2048;
  return std::max<int64_t>(1, kColumns / width);
}

/// Which products of a slab are kept for the backward pass: as many as take less than half of the
/// memory that Torch's operators hold. These have all products of a chunk at once, so that there is
/// room for more where one chunk is all. A product that is not kept is computed again.
struct Kept {
  bool with_u;
  bool with_v;
};

Kept kept_of(size_t slab, bool is_only_chunk) {
  if (is_only_chunk) return {true, slab % 2 == 1};
  return {slab % 4 != 3, false};
}

Tensor columns_of(const Tensor& rows, BlockTermChunk::Columns columns) {
  return rows.narrow(1, columns.begin, columns.width);
}

/// The first value of a row, at the columns of a chunk; rows of `width` columns.
template <typename T>
T* values_at(const Tensor& rows, int64_t row, int64_t width, BlockTermChunk::Columns columns) {
  return rows.data_ptr<T>() + row * width + columns.begin;
}

/// sum[rows begin..end][columns] += gradient weight.
void add_to_columns(const Tensor& sum, int64_t begin, int64_t end, BlockTermChunk::Columns columns,
                    const Tensor& gradient, const Tensor& weight) {
  Tensor sum_rows = columns_of(rows_of(sum, begin, end), columns);
  multiply(gradient, weight, Into::kAdd, sum_rows);
}

}  // namespace

struct BlockTermCores::SlabPass {
  const FusedOperator::Pass& pass;
  int64_t first;            ///< row
  Tensor u, v, dz, du, dv;  ///< (n, ...)
};

BlockTermCores::BlockTermCores(std::vector<BlockTermChunk> chunks, int64_t rank, int64_t width,
                               size_t first_input)
    : chunks_(std::move(chunks)), rank_(rank), width_(width), first_input_(first_input) {
  for (size_t c = 0; c < chunks_.size(); ++c) {
    const BlockTermChunk& chunk = chunks_[c];
    const int64_t total = is_low_rank() ? rank_ : chunk.z.width;
    const int64_t columns = is_low_rank() ? chunk.z.width : chunk.u.width;
    const int64_t most = most_in_slab(columns);
    for (int64_t first = 0; first < total; first += most) {
      const int64_t count = std::min(most, total - first);
      slabs_.push_back({c, first, count, count * columns});
    }
  }
}

double BlockTermCores::kept_products(int64_t num_chunks, int64_t width, int64_t rank) {
  const int64_t most = most_in_slab(width);
  const int64_t slabs = num_chunks * ((rank + most - 1) / most);
  int64_t kept = 0;
  for (int64_t s = 0; s < slabs; ++s) {
    const Kept of_slab = kept_of(static_cast<size_t>(s), num_chunks == 1);
    kept += int64_t{of_slab.with_u} + int64_t{of_slab.with_v};
  }
  return static_cast<double>(kept) / static_cast<double>(slabs);
}

/// The rows of a weight, as a matrix, that a slab multiplies with.
Tensor BlockTermCores::weight_of(const Slab& slab, const Tensor& weight) const {
  if (!is_low_rank()) return weight.narrow(0, slab.first, slab.count).flatten(0, 1);
  const int64_t w = chunks_[slab.chunk].z.width;
  return weight.narrow(0, slab.first * w, slab.count * w);
}

template <typename T>
const T* BlockTermCores::bias_of(const Slab& slab, const Tensor& bias) const {
  return bias.data_ptr<T>() + slab.first * chunks_[slab.chunk].z.width;
}

cpu::LowRankShape BlockTermCores::low_rank_shape(const Slab& slab) const {
  return {slab.count, chunks_[slab.chunk].z.width, width_};
}

cpu::CoreShape BlockTermCores::core_shape(const Slab& slab) const {
  return {slab.count, chunks_[slab.chunk].u.width, width_};
}

void BlockTermCores::begin(int64_t rows, bool keep, const torch::TensorOptions& options) {
  kept_.assign(slabs_.size(), {});
  if (!keep || !is_low_rank()) return;
  for (size_t s = 0; s < slabs_.size(); ++s) {
    const Kept kept = kept_of(s, chunks_.size() == 1);
    if (kept.with_u) kept_[s].with_u = torch::empty({rows, slabs_[s].width}, options);
    if (kept.with_v) kept_[s].with_v = torch::empty({rows, slabs_[s].width}, options);
  }
}

BlockTermCores::Products BlockTermCores::Products::rows(int64_t first, int64_t n) const {
  const auto rows_if_kept = [&](const Tensor& product) {
    return product.defined() ? product.narrow(0, first, n) : Tensor();
  };
  return {rows_if_kept(with_u), rows_if_kept(with_v)};
}

void BlockTermCores::forward(const Tensors& inputs, const Tensor& u, const Tensor& v, int64_t first,
                             Tensor z) {
  AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "BlockTermCores", [&] {
    if (is_low_rank()) {
      z.zero_();
      for (size_t s = 0; s < slabs_.size(); ++s) {
        add_low_rank<scalar_t>(slabs_[s], inputs, u, v, kept_[s].rows(first, z.size(0)), z);
      }
      return;
    }
    for (size_t c = 0; c < chunks_.size(); ++c)
      columns_of(z, chunks_[c].z).copy_(inputs[core_input(c, kBiasU)].expand({z.size(0), -1}));
    for (const Slab& slab : slabs_) add_full<scalar_t>(slab, inputs, u, v, z);
  });
}

/// `kept`: where the products go that are kept.
template <typename T>
void BlockTermCores::add_low_rank(const Slab& slab, const Tensors& inputs, const Tensor& u,
                                  const Tensor& v, const Products& kept, const Tensor& z) const {
  const BlockTermChunk& chunk = chunks_[slab.chunk];
  const int64_t n = z.size(0);
  const auto place_of = [&](const Tensor& product) {
    return product.defined() ? product : torch::empty({n, slab.width}, z.options());
  };
  const Tensor a = place_of(kept.with_u);
  const Tensor b = place_of(kept.with_v);
  multiply(columns_of(u, chunk.u), weight_of(slab, inputs[core_input(slab.chunk, kWeightU)]).t(),
           Into::kOverwrite, a);
  multiply(columns_of(v, chunk.v), weight_of(slab, inputs[core_input(slab.chunk, kWeightV)]).t(),
           Into::kOverwrite, b);
  const T* bias_u = bias_of<T>(slab, inputs[core_input(slab.chunk, kBiasU)]);
  const T* bias_v = bias_of<T>(slab, inputs[core_input(slab.chunk, kBiasV)]);
  for_rows(n, slab.width, [&](int64_t row, int64_t last) {
    cpu::low_rank_forward(low_rank_shape(slab), last - row, bias_u, bias_v,
                          a.data_ptr<T>() + row * slab.width, b.data_ptr<T>() + row * slab.width,
                          values_at<T>(z, row, width_, chunk.z));
  });
}

template <typename T>
void BlockTermCores::add_full(const Slab& slab, const Tensors& inputs, const Tensor& u,
                              const Tensor& v, const Tensor& z) const {
  const BlockTermChunk& chunk = chunks_[slab.chunk];
  const int64_t n = z.size(0);
  Tensor product = torch::empty({n, slab.width}, z.options());
  multiply(columns_of(v, chunk.v), weight_of(slab, inputs[core_input(slab.chunk, kWeightU)]).t(),
           Into::kOverwrite, product);
  for_rows(n, slab.width, [&](int64_t row, int64_t last) {
    cpu::core_forward(core_shape(slab), last - row, product.data_ptr<T>() + row * slab.width,
                      values_at<T>(u, row, width_, chunk.u),
                      values_at<T>(z, row, width_, chunk.z) + slab.first);
  });
}

int64_t BlockTermCores::widest_slab() const {
  int64_t widest = 0;
  for (const Slab& slab : slabs_) widest = std::max(widest, slab.width);
  return widest;
}

int64_t BlockTermCores::scratch_columns() const {
  if (shares_out_chunks()) return 0;
  return (is_low_rank() ? 2 : 1) * widest_slab();
}

int64_t BlockTermCores::blocks_at_once() const {
  return shares_out_chunks() ? 1 : at::get_num_threads();
}

bool BlockTermCores::shares_out_chunks() const {
  constexpr double kBusy = 0.8;
  const int64_t threads = at::get_num_threads();
  const auto chunks = static_cast<int64_t>(chunks_.size());
  const int64_t turns = (chunks + threads - 1) / threads;
  return static_cast<double>(chunks) >= kBusy * static_cast<double>(turns * threads);
}

void BlockTermCores::begin_backward(int64_t most, const torch::TensorOptions& options) {
  const bool shares = shares_out_chunks();
  const int64_t threads = shares ? at::get_num_threads() : 1;
  const int64_t rows = shares ? std::min(most, row_blocks::kOfBlock) : most;
  scratch_u_ = torch::empty({threads, rows * widest_slab()}, options);
  scratch_v_ = is_low_rank() ? torch::empty_like(scratch_u_) : Tensor();
}

void BlockTermCores::backward(const FusedOperator::Pass& pass, const Tensor& u, const Tensor& v,
                              int64_t first, const Tensor& dz, Tensor du, Tensor dv,
                              Tensors& gradients) {
  const int64_t n = dz.size(0);
  const auto rows_pass = [&](int64_t begin, int64_t end) {
    return SlabPass{pass,
                    first + begin,
                    rows_of(u, begin, end),
                    rows_of(v, begin, end),
                    rows_of(dz, begin, end),
                    rows_of(du, begin, end),
                    rows_of(dv, begin, end)};
  };
  if (shares_out_chunks()) {
    const SerialBlas serial;
    at::parallel_for(0, static_cast<int64_t>(chunks_.size()), 1, [&](int64_t from, int64_t to) {
      const torch::NoGradGuard no_grad;
      for (size_t s = 0; s < slabs_.size(); ++s) {
        const auto chunk = static_cast<int64_t>(slabs_[s].chunk);
        if (chunk < from || chunk >= to) continue;
        for_blocks(n, [&](int64_t begin, int64_t end) {
          backward_slab(s, rows_pass(begin, end), gradients);
        });
      }
    });
  } else {
    for (size_t s = 0; s < slabs_.size(); ++s) backward_slab(s, rows_pass(0, n), gradients);
  }
  if (is_low_rank()) return;
  const Tensor sum = dz.sum(0);
  for (size_t c = 0; c < chunks_.size(); ++c) {
    const size_t index = core_input(c, kBiasU);
    if (pass.needed[index])
      gradients[index].add_(sum.narrow(0, chunks_[c].z.begin, chunks_[c].z.width));
  }
}

void BlockTermCores::backward_slab(size_t index, const SlabPass& pass, Tensors& gradients) const {
  const Slab& slab = slabs_[index];
  const int64_t n = pass.dz.size(0);
  const int64_t of_thread = scratch_u_.size(0) > 1 ? at::get_thread_num() : 0;
  const auto scratch = [&](const Tensor& buffer) {
    return rows_in(buffer[of_thread], n, slab.width);
  };
  AT_DISPATCH_FLOATING_TYPES(pass.dz.scalar_type(), "BlockTermCores", [&] {
    if (is_low_rank()) {
      backward_low_rank<scalar_t>(slab, pass, kept_[index].rows(pass.first, n), scratch(scratch_u_),
                                  scratch(scratch_v_), gradients);
    } else {
      backward_full<scalar_t>(slab, pass, scratch(scratch_u_), gradients);
    }
  });
}

/// From the gradient of a slab's product (n, slab width) and the rows that it multiplied.
void BlockTermCores::add_weight(const Slab& slab, CoreInput which, const SlabPass& pass,
                                const Tensor& gradient, const Tensor& rows,
                                Tensors& gradients) const {
  const size_t index = core_input(slab.chunk, which);
  if (!pass.pass.needed[index]) return;
  Tensor sum = weight_of(slab, gradients[index]);
  multiply(gradient.t(), rows, into_sum(pass.first), sum);
}

template <typename T>
void BlockTermCores::backward_low_rank(const Slab& slab, const SlabPass& pass, const Products& kept,
                                       const Tensor& d_of_u, const Tensor& d_of_v,
                                       Tensors& gradients) const {
  const BlockTermChunk& chunk = chunks_[slab.chunk];
  const Tensors& inputs = pass.pass.inputs;
  const auto input = [&](CoreInput which) { return core_input(slab.chunk, which); };
  const Tensor weight_u = weight_of(slab, inputs[input(kWeightU)]);
  const Tensor weight_v = weight_of(slab, inputs[input(kWeightV)]);
  const T* bias = bias_of<T>(slab, inputs[input(kBiasV)]);
  ColumnSums bias_u(slab.width, pass.dz.options());
  ColumnSums bias_v(slab.width, pass.dz.options());
  for_blocks(pass.dz.size(0), [&](int64_t begin, int64_t end) {
    const Tensor of_u = rows_of(d_of_u, begin, end);
    const Tensor of_v = rows_of(d_of_v, begin, end);
    const Products products = kept.rows(begin, end - begin);
    Tensor a = products.with_u;
    if (!a.defined()) {
      a = torch::empty_like(of_v);
      multiply(columns_of(rows_of(pass.u, begin, end), chunk.u), weight_u.t(), Into::kOverwrite, a);
      a.add_(inputs[input(kBiasU)].narrow(0, slab.first * chunk.z.width, slab.width));
    }
    Tensor b = products.with_v;
    if (!b.defined()) {
      b = of_u;
      multiply(columns_of(rows_of(pass.v, begin, end), chunk.v), weight_v.t(), Into::kOverwrite, b);
    }
    for_rows(end - begin, slab.width, [&](int64_t row, int64_t last) {
      const int64_t place = row * slab.width;
      cpu::low_rank_backward(
          low_rank_shape(slab), last - row, bias, a.data_ptr<T>() + place, b.data_ptr<T>() + place,
          values_at<T>(pass.dz, begin + row, width_, chunk.z), of_u.data_ptr<T>() + place,
          of_v.data_ptr<T>() + place, bias_u.of_thread<T>(), bias_v.of_thread<T>());
    });
    add_to_columns(pass.du, begin, end, chunk.u, of_u, weight_u);
    add_to_columns(pass.dv, begin, end, chunk.v, of_v, weight_v);
  });
  add_weight(slab, kWeightU, pass, d_of_u, columns_of(pass.u, chunk.u), gradients);
  add_weight(slab, kWeightV, pass, d_of_v, columns_of(pass.v, chunk.v), gradients);
  const auto add_bias = [&](CoreInput which, ColumnSums& sums) {
    sums.end_stretch();
    if (pass.pass.needed[input(which)])
      gradients[input(which)].narrow(0, slab.first * chunk.z.width, slab.width).add_(sums.total());
  };
  add_bias(kBiasU, bias_u);
  add_bias(kBiasV, bias_v);
}

/// z is the core, a matrix (w, w w), times the outer product of u and v: its gradients take one
/// product with the core and one for it, both in slabs of columns.
template <typename T>
void BlockTermCores::backward_full(const Slab& slab, const SlabPass& pass, const Tensor& d_outer,
                                   Tensors& gradients) const {
  const BlockTermChunk& chunk = chunks_[slab.chunk];
  const size_t index = core_input(slab.chunk, kWeightU);
  const auto columns_of_slab = [&](const Tensor& core) {
    return core.narrow(1, slab.first, slab.count).flatten(1, 2);
  };
  const Tensor weight = columns_of_slab(pass.pass.inputs[index]);
  const Tensor dz = columns_of(pass.dz, chunk.z);
  for_blocks(dz.size(0), [&](int64_t begin, int64_t end) {
    Tensor outer = rows_of(d_outer, begin, end);
    multiply(rows_of(dz, begin, end), weight, Into::kOverwrite, outer);
    for_rows(end - begin, slab.width, [&](int64_t row, int64_t last) {
      const int64_t at = begin + row;
      cpu::core_backward(
          core_shape(slab), last - row, values_at<T>(pass.u, at, width_, chunk.u) + slab.first,
          values_at<T>(pass.v, at, width_, chunk.v), outer.data_ptr<T>() + row * slab.width,
          values_at<T>(pass.du, at, width_, chunk.u) + slab.first,
          values_at<T>(pass.dv, at, width_, chunk.v));
    });
  });
  if (pass.pass.needed[index])
    multiply(dz.t(), d_outer, into_sum(pass.first), columns_of_slab(gradients[index]));
}

}  // namespace vidqa::fusion
