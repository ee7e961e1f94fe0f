#include "fusion/fused_block_term.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include <torch/torch.h>

#include "fusion/fused_operator.h"
#include "fusion/row_blocks.h"

namespace vidqa::fusion {
namespace {

using torch::Tensor;

/// Ranks, or slices of a full core, that are multiplied together.
struct Slab {
  size_t chunk;
  int64_t first;
  int64_t count;
  int64_t width;  ///< columns of the product
};

/// Ranks or slices of `width` columns that a slab has at most, so that a block of its product fits
/// the cache.
int64_t most_in_slab(int64_t width) {
  constexpr int64_t kColumns = 2048;
  return std::max<int64_t>(1, kColumns / width);
}

/// Keeping three of four products with u costs less than half of the memory that Torch's operators
/// take, and computing one of four again a thirtieth of the time.
constexpr size_t kSlabsOfWhichOneIsNotKept = 4;

Tensor columns_of(const Tensor& rows, FusedBlockTerm::Columns columns) {
  return rows.narrow(1, columns.begin, columns.width);
}

class FusedBlockTermOperator : public FusedOperator {
  /// Order of the inputs; those of a core as in FusedBlockTerm::Core.
  enum Input : size_t {
    kX,
    kY,
    kWeightOut,
    kBiasOut,
    kWeightX,
    kBiasX,
    kWeightY,
    kBiasY,
    kFirstCore
  };
  enum CoreInput : size_t { kWeightU, kBiasU, kWeightV, kBiasV, kInputsOfCore };

  static size_t core_input(size_t chunk, CoreInput input) {
    return kFirstCore + chunk * kInputsOfCore + input;
  }

 public:
  explicit FusedBlockTermOperator(FusedBlockTerm spec) : spec_(std::move(spec)) {
    for (size_t c = 0; c < spec_.chunks.size(); ++c) {
      const FusedBlockTerm::Chunk& chunk = spec_.chunks[c];
      const int64_t total = is_low_rank() ? spec_.rank : chunk.z.width;
      const int64_t width = is_low_rank() ? chunk.z.width : chunk.u.width;
      const int64_t most = most_in_slab(width);
      for (int64_t first = 0; first < total; first += most) {
        const int64_t count = std::min(most, total - first);
        slabs_.push_back({c, first, count, count * width});
      }
    }
  }

  std::string name() const override { return "FusedBlockTerm"; }
  bool reads_outputs() const override { return true; }

  std::vector<Tensor> forward(const std::vector<Tensor>& inputs, bool keep) override {
    Tensor out = torch::empty({inputs[kX].size(0), spec_.output.width}, inputs[kX].options());
    AT_DISPATCH_FLOATING_TYPES(out.scalar_type(), "FusedBlockTerm",
                               [&] { forward_all<scalar_t>(inputs, keep, out); });
    return {out};
  }

  std::vector<Tensor> backward(const Pass& pass) override {
    std::vector<Tensor> gradients(pass.inputs.size());
    AT_DISPATCH_FLOATING_TYPES(pass.outputs[0].scalar_type(), "FusedBlockTerm",
                               [&] { backward_all<scalar_t>(pass, gradients); });
    return gradients;
  }

 private:
  bool is_low_rank() const { return spec_.rank > 0; }
  static bool keeps_product(size_t slab) { return (slab + 1) % kSlabsOfWhichOneIsNotKept != 0; }
  bool projects() const { return !spec_.linear_x.is_empty(); }

  /// The rows of a weight, as a matrix, that a slab multiplies with.
  Tensor weight_of(const Slab& slab, const Tensor& weight) const {
    if (!is_low_rank()) return weight.narrow(0, slab.first, slab.count).flatten(0, 1);
    const int64_t w = spec_.chunks[slab.chunk].z.width;
    return weight.narrow(0, slab.first * w, slab.count * w);
  }
  template <typename T>
  const T* bias_of(const Slab& slab, const Tensor& bias) const {
    return bias.data_ptr<T>() + slab.first * spec_.chunks[slab.chunk].z.width;
  }

  cpu::LowRankShape low_rank_shape(const Slab& slab) const {
    return {slab.count, spec_.chunks[slab.chunk].z.width, spec_.z.width};
  }
  cpu::CoreShape core_shape(const Slab& slab) const {
    return {slab.count, spec_.chunks[slab.chunk].u.width, spec_.z.width};
  }

  template <typename T>
  void forward_all(const std::vector<Tensor>& inputs, bool keep, Tensor& out) {
    const int64_t rows = out.size(0);
    const auto make = [&](int64_t n, int64_t width) {
      return torch::empty({n, width}, out.options());
    };
    if (keep) {
      if (projects()) {
        u_ = make(rows, spec_.u.width);
        v_ = make(rows, spec_.v.width);
      }
      z_ = make(rows, spec_.z.width);
      if (is_low_rank()) {
        for (size_t s = 0; s < slabs_.size(); ++s)
          a_.push_back(keeps_product(s) ? make(rows, slabs_[s].width) : Tensor());
      }
    }
    Tensor bias = torch::zeros({spec_.z.width}, out.options());
    if (!is_low_rank()) {
      for (size_t c = 0; c < spec_.chunks.size(); ++c)
        bias.narrow(0, spec_.chunks[c].z.begin, spec_.chunks[c].z.width)
            .copy_(inputs[core_input(c, kBiasU)]);
    }
    for_blocks(rows, [&](int64_t begin, int64_t end) {
      const int64_t n = end - begin;
      Tensor u = rows_of(inputs[kX], begin, end);
      Tensor v = rows_of(inputs[kY], begin, end);
      if (projects()) {
        u = project<T>(u, inputs[kWeightX], inputs[kBiasX], spec_.u, begin,
                       keep ? rows_of(u_, begin, end) : make(n, spec_.u.width));
        v = project<T>(v, inputs[kWeightY], inputs[kBiasY], spec_.v, begin,
                       keep ? rows_of(v_, begin, end) : make(n, spec_.v.width));
      }
      Tensor z = keep ? rows_of(z_, begin, end) : make(n, spec_.z.width);
      z.copy_(bias.expand_as(z));
      for (size_t s = 0; s < slabs_.size(); ++s) {
        const bool keeps = keep && is_low_rank() && keeps_product(s);
        const Tensor a = keeps ? rows_of(a_[s], begin, end) : Tensor();
        multiply_core<T>(slabs_[s], inputs, u, v, a, z);
      }
      const Tensor y = keep ? make(n, spec_.z.width) : z;
      for_rows(n, spec_.z.width, [&](int64_t row, int64_t last) {
        cpu::normalize_forward(spec_.z, begin, row, last, z.data_ptr<T>(), y.data_ptr<T>());
      });
      project<T>(y, inputs[kWeightOut], inputs[kBiasOut], spec_.output, begin,
                 rows_of(out, begin, end));
    });
  }

  /// A linear layer and what follows it, into `out`.
  template <typename T>
  Tensor project(const Tensor& input, const Tensor& weight, const Tensor& bias,
                 const cpu::DenseRows& spec, int64_t first_row, Tensor out) const {
    torch::mm_out(out, input, weight.t());
    for_rows(out.size(0), spec.width, [&](int64_t row, int64_t last) {
      cpu::dense_forward(spec, first_row, row, last, bias.data_ptr<T>(), out.data_ptr<T>());
    });
    return out;
  }

  /// Adds what a slab contributes to z (n, m). `a`: where the product with u is kept, if it is.
  template <typename T>
  void multiply_core(const Slab& slab, const std::vector<Tensor>& inputs, const Tensor& u,
                     const Tensor& v, Tensor a, const Tensor& z) const {
    const FusedBlockTerm::Chunk& chunk = spec_.chunks[slab.chunk];
    const int64_t n = z.size(0);
    T* const z_chunk = z.data_ptr<T>() + chunk.z.begin;
    Tensor product = torch::empty({n, slab.width}, z.options());
    const Tensor weight_u = weight_of(slab, inputs[core_input(slab.chunk, kWeightU)]);
    if (is_low_rank()) {
      if (!a.defined()) a = torch::empty_like(product);
      torch::mm_out(a, columns_of(u, chunk.u), weight_u.t());
      torch::mm_out(product, columns_of(v, chunk.v),
                    weight_of(slab, inputs[core_input(slab.chunk, kWeightV)]).t());
      const T* bias_u = bias_of<T>(slab, inputs[core_input(slab.chunk, kBiasU)]);
      const T* bias_v = bias_of<T>(slab, inputs[core_input(slab.chunk, kBiasV)]);
      for_rows(n, slab.width, [&](int64_t row, int64_t last) {
        cpu::low_rank_forward(
            low_rank_shape(slab), last - row, bias_u, bias_v, a.data_ptr<T>() + row * slab.width,
            product.data_ptr<T>() + row * slab.width, z_chunk + row * spec_.z.width);
      });
    } else {
      torch::mm_out(product, columns_of(v, chunk.v), weight_u.t());
      const T* u_chunk = u.data_ptr<T>() + chunk.u.begin;
      for_rows(n, slab.width, [&](int64_t row, int64_t last) {
        cpu::core_forward(core_shape(slab), last - row, product.data_ptr<T>() + row * slab.width,
                          u_chunk + row * spec_.z.width,
                          z_chunk + row * spec_.z.width + slab.first);
      });
    }
  }

  template <typename T>
  void backward_all(const Pass& pass, std::vector<Tensor>& gradients) {
    const std::vector<Tensor>& inputs = pass.inputs;
    const Tensor& out = pass.outputs[0];
    const Tensor grad = pass.gradients[0].contiguous();
    const int64_t rows = out.size(0);
    int64_t slab_width = 0;
    for (const Slab& slab : slabs_) slab_width = std::max(slab_width, slab.width);
    const int64_t width = out.size(1) + 4 * spec_.z.width + (is_low_rank() ? 2 : 1) * slab_width;
    const int64_t most = rows_per_stretch(rows, width);
    const auto make = [&](int64_t columns) { return torch::empty({most, columns}, out.options()); };

    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].defined()) continue;
      const bool is_sum = inputs[i].dim() == 1 || rows == 0 || (i <= kY && !projects());
      if (pass.needed[i])
        gradients[i] = is_sum ? torch::zeros_like(inputs[i]) : torch::empty_like(inputs[i]);
    }
    ColumnSums bias_out(out.size(1), out.options());
    ColumnSums bias_u(spec_.u.width, out.options());
    ColumnSums bias_v(spec_.v.width, out.options());
    const Tensor d_out = make(out.size(1));
    const Tensor y = make(spec_.z.width);
    const Tensor dz = make(spec_.z.width);
    Tensor du;
    Tensor dv;
    if (projects()) {
      du = make(spec_.u.width);
      dv = make(spec_.v.width);
    }
    const Tensor first_product = make(slab_width);
    const Tensor second_product = is_low_rank() ? make(slab_width) : Tensor();

    for_stretches(rows, width, [&](int64_t first, int64_t n) {
      const int64_t last_row = first + n;
      for_blocks(n, [&](int64_t begin, int64_t end) {
        backward_output<T>(pass, grad, first, begin, end, d_out, y, dz, bias_out);
      });
      bias_out.end_stretch();
      if (pass.needed[kWeightOut])
        add_product(rows_of(d_out, 0, n).t(), rows_of(y, 0, n), first == 0, gradients[kWeightOut]);

      const Tensor u = rows_of(projects() ? u_ : inputs[kX], first, last_row);
      const Tensor v = rows_of(projects() ? v_ : inputs[kY], first, last_row);
      Tensor du_rows = projects() ? rows_of(du, 0, n) : of_stretch(gradients[kX], first, n, u);
      Tensor dv_rows = projects() ? rows_of(dv, 0, n) : of_stretch(gradients[kY], first, n, v);
      if (projects()) {
        du_rows.zero_();
        dv_rows.zero_();
      }
      for (size_t s = 0; s < slabs_.size(); ++s) {
        const bool keeps = is_low_rank() && keeps_product(s);
        const Tensor a = keeps ? rows_of(a_[s], first, last_row) : Tensor();
        Products products;
        const auto reshaped = [&](const Tensor& buffer) {
          return buffer.flatten().narrow(0, 0, n * slabs_[s].width).view({n, slabs_[s].width});
        };
        products.of_u = reshaped(first_product);
        if (is_low_rank()) products.of_v = reshaped(second_product);
        backward_core<T>(slabs_[s], pass, u, v, a, rows_of(dz, 0, n), products, du_rows, dv_rows,
                         first == 0, gradients);
      }
      if (!is_low_rank()) add_core_bias(rows_of(dz, 0, n).sum(0), pass, gradients);

      if (!projects()) return;
      backward_projection<T>(pass, kX, first, u, du_rows, spec_.u, bias_u, gradients);
      backward_projection<T>(pass, kY, first, v, dv_rows, spec_.v, bias_v, gradients);
    });
    gradients[kBiasOut] = bias_out.total();
    if (!projects()) return;
    gradients[kBiasX] = bias_u.total();
    gradients[kBiasY] = bias_v.total();
  }

  /// The rows of a gradient that is written in place; scratch where nobody asked for it.
  static Tensor of_stretch(const Tensor& gradient, int64_t first, int64_t n, const Tensor& like) {
    return gradient.defined() ? rows_of(gradient, first, first + n) : torch::zeros_like(like);
  }

  template <typename T>
  void backward_output(const Pass& pass, const Tensor& grad, int64_t first, int64_t begin,
                       int64_t end, const Tensor& d_out, const Tensor& y, const Tensor& dz,
                       ColumnSums& bias_out) {
    const int64_t row0 = first + begin;
    const Tensor out_rows = rows_of(pass.outputs[0], row0, first + end);
    const Tensor grad_rows = rows_of(grad, row0, first + end);
    const Tensor d_out_rows = rows_of(d_out, begin, end);
    for_rows(end - begin, d_out.size(1), [&](int64_t row, int64_t last) {
      cpu::dense_backward(spec_.output, row0, row, last, out_rows.data_ptr<T>(),
                          grad_rows.data_ptr<T>(), d_out_rows.data_ptr<T>(),
                          bias_out.of_thread<T>());
    });
    Tensor dz_rows = rows_of(dz, begin, end);
    const Tensor y_rows = rows_of(y, begin, end);
    const Tensor z_rows = rows_of(z_, row0, first + end);
    torch::mm_out(dz_rows, d_out_rows, pass.inputs[kWeightOut]);
    for_rows(end - begin, spec_.z.width, [&](int64_t row, int64_t last) {
      cpu::normalize_backward(spec_.z, row0, row, last, z_rows.data_ptr<T>(), y_rows.data_ptr<T>(),
                              dz_rows.data_ptr<T>());
    });
  }

  /// Of a stretch and a slab: products of u and v with the core, then their gradients. A full core
  /// has the first alone.
  struct Products {
    Tensor of_u;
    Tensor of_v;
  };

  template <typename T>
  void backward_core(const Slab& slab, const Pass& pass, const Tensor& u, const Tensor& v,
                     const Tensor& a, const Tensor& dz, const Products& products, Tensor& du,
                     Tensor& dv, bool is_first, std::vector<Tensor>& gradients) {
    const FusedBlockTerm::Chunk& chunk = spec_.chunks[slab.chunk];
    const size_t index_u = core_input(slab.chunk, kWeightU);
    const size_t index_v = core_input(slab.chunk, kWeightV);
    const Tensor weight_u = weight_of(slab, pass.inputs[index_u]);
    const Tensor weight_v = is_low_rank() ? weight_of(slab, pass.inputs[index_v]) : weight_u;
    ColumnSums bias_u(is_low_rank() ? slab.width : 0, dz.options());
    ColumnSums bias_v(is_low_rank() ? slab.width : 0, dz.options());
    for_blocks(dz.size(0), [&](int64_t begin, int64_t end) {
      const Tensor v_rows = rows_of(v, begin, end);
      Tensor of_u = rows_of(products.of_u, begin, end);
      torch::mm_out(of_u, columns_of(v_rows, chunk.v), weight_v.t());
      const T* dz_chunk = dz.data_ptr<T>() + begin * spec_.z.width + chunk.z.begin;
      const auto add_to = [&](const Tensor& gradient, const Tensor& weight,
                              FusedBlockTerm::Columns columns, Tensor& sum) {
        Tensor sum_rows = columns_of(rows_of(sum, begin, end), columns);
        torch::addmm_out(sum_rows, sum_rows, gradient, weight);
      };
      if (is_low_rank()) {
        const Tensor of_v = rows_of(products.of_v, begin, end);
        Tensor a_rows;
        if (a.defined()) {
          a_rows = rows_of(a, begin, end);
        } else {
          a_rows = torch::empty_like(of_v);
          torch::mm_out(a_rows, columns_of(rows_of(u, begin, end), chunk.u), weight_u.t());
          a_rows.add_(pass.inputs[core_input(slab.chunk, kBiasU)].narrow(
              0, slab.first * chunk.z.width, slab.width));
        }
        const T* bias = bias_of<T>(slab, pass.inputs[core_input(slab.chunk, kBiasV)]);
        for_rows(end - begin, slab.width, [&](int64_t row, int64_t last) {
          cpu::low_rank_backward(
              low_rank_shape(slab), last - row, bias, a_rows.data_ptr<T>() + row * slab.width,
              dz_chunk + row * spec_.z.width, of_u.data_ptr<T>() + row * slab.width,
              of_v.data_ptr<T>() + row * slab.width, bias_u.of_thread<T>(), bias_v.of_thread<T>());
        });
        add_to(of_u, weight_u, chunk.u, du);
        add_to(of_v, weight_v, chunk.v, dv);
      } else {
        const T* u_chunk = u.data_ptr<T>() + begin * spec_.z.width + chunk.u.begin;
        T* du_chunk = du.data_ptr<T>() + begin * spec_.z.width + chunk.u.begin;
        for_rows(end - begin, slab.width, [&](int64_t row, int64_t last) {
          cpu::core_backward(core_shape(slab), last - row, u_chunk + row * spec_.z.width,
                             dz_chunk + slab.first + row * spec_.z.width,
                             of_u.data_ptr<T>() + row * slab.width, du_chunk + row * spec_.z.width);
        });
        add_to(of_u, weight_u, chunk.v, dv);
      }
    });
    // With a full core the gradient is that of the product of v and the core.
    const auto add_weight = [&](size_t index, const Tensor& gradient, const Tensor& input) {
      if (!pass.needed[index]) return;
      Tensor sum = weight_of(slab, gradients[index]);
      add_product(gradient.t(), input, is_first, sum);
    };
    if (!is_low_rank()) return add_weight(index_u, products.of_u, columns_of(v, chunk.v));
    add_weight(index_u, products.of_u, columns_of(u, chunk.u));
    add_weight(index_v, products.of_v, columns_of(v, chunk.v));
    const auto add_bias = [&](CoreInput input, ColumnSums& sums) {
      const size_t index = core_input(slab.chunk, input);
      sums.end_stretch();
      if (pass.needed[index])
        gradients[index].narrow(0, slab.first * chunk.z.width, slab.width).add_(sums.total());
    };
    add_bias(kBiasU, bias_u);
    add_bias(kBiasV, bias_v);
  }

  void add_core_bias(const Tensor& sum, const Pass& pass, std::vector<Tensor>& gradients) const {
    for (size_t c = 0; c < spec_.chunks.size(); ++c) {
      const size_t index = core_input(c, kBiasU);
      if (pass.needed[index])
        gradients[index].add_(sum.narrow(0, spec_.chunks[c].z.begin, spec_.chunks[c].z.width));
    }
  }

  /// `input`: kX or kY; `values` (n, m) its projection, `d_values` the gradient of that.
  template <typename T>
  void backward_projection(const Pass& pass, Input input, int64_t first, const Tensor& values,
                           Tensor& d_values, const cpu::DenseRows& spec, ColumnSums& bias,
                           std::vector<Tensor>& gradients) {
    const size_t weight = input == kX ? kWeightX : kWeightY;
    const int64_t n = values.size(0);
    for_blocks(n, [&](int64_t begin, int64_t end) {
      const Tensor d_rows = rows_of(d_values, begin, end);
      for_rows(end - begin, spec.width, [&](int64_t row, int64_t last) {
        cpu::dense_backward(spec, first + begin, row, last,
                            values.data_ptr<T>() + begin * spec.width, d_rows.data_ptr<T>(),
                            d_rows.data_ptr<T>(), bias.of_thread<T>());
      });
      if (!pass.needed[input]) return;
      Tensor d_input = rows_of(gradients[input], first + begin, first + end);
      torch::mm_out(d_input, d_rows, pass.inputs[weight]);
    });
    bias.end_stretch();
    if (pass.needed[weight])
      add_product(d_values.t(), rows_of(pass.inputs[input], first, first + n), first == 0,
                  gradients[weight]);
  }

  FusedBlockTerm spec_;
  std::vector<Slab> slabs_;
  Tensor u_;               ///< (rows, m), after dropout
  Tensor v_;               ///< (rows, m), after dropout
  Tensor z_;               ///< (rows, m), before normalisation
  std::vector<Tensor> a_;  ///< (rows, slab width) of each slab: product with u, with its bias
};

}  // namespace

double FusedBlockTerm::kept_share(double num_chunks, int64_t width, int64_t rank) {
  const int64_t most = most_in_slab(width);
  const double slabs = num_chunks * static_cast<double>((rank + most - 1) / most);
  return (slabs - std::floor(slabs / kSlabsOfWhichOneIsNotKept)) / slabs;
}

Tensor FusedBlockTerm::apply(FusedBlockTerm spec, const Tensor& x, const Tensor& y) {
  const auto weight = [](const torch::nn::Linear& linear) {
    return linear.is_empty() ? Tensor() : linear->weight;
  };
  const auto bias = [](const torch::nn::Linear& linear) {
    return linear.is_empty() ? Tensor() : linear->bias;
  };
  std::vector<Tensor> inputs = {x,
                                y,
                                weight(spec.linear_out),
                                bias(spec.linear_out),
                                weight(spec.linear_x),
                                bias(spec.linear_x),
                                weight(spec.linear_y),
                                bias(spec.linear_y)};
  for (const Core& core : spec.cores)
    inputs.insert(inputs.end(), {core.weight_u, core.bias_u, core.weight_v, core.bias_v});
  return fusion::apply(std::make_shared<FusedBlockTermOperator>(std::move(spec)), inputs)[0];
}

}  // namespace vidqa::fusion
