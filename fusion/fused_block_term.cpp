#include "fusion/fused_block_term.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <torch/torch.h>

#include "fusion/fused_operator.h"
#include "fusion/matrix_product.h"
#include "fusion/row_blocks.h"

namespace vidqa::fusion {
namespace {

using torch::Tensor;

class FusedBlockTermOperator : public FusedOperator {
  /// Order of the inputs; those of the cores as in BlockTermCores.
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

 public:
  explicit FusedBlockTermOperator(FusedBlockTerm spec)
      : spec_(std::move(spec)), cores_(spec_.chunks, spec_.rank, spec_.z.width, kFirstCore) {}

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
  bool projects() const { return !spec_.linear_x.is_empty(); }
  /// Rows of a stretch whose scratch is small beside what is kept of all `rows`. One large core is
  /// streamed once a stretch, which needs long ones.
  int64_t most_beside_kept(int64_t rows) const {
    constexpr int64_t kFewest = 120;
    constexpr int64_t kStretches = 4;
    if (spec_.chunks.size() == 1) return std::max<int64_t>(1, rows);
    return std::max(kFewest, (rows + kStretches - 1) / kStretches);
  }
  /// Beside a full core the projections cost next to nothing, and are made again.
  bool keeps_projections() const { return projects() && spec_.rank > 0; }

  template <typename T>
  void forward_all(const std::vector<Tensor>& inputs, bool keep, Tensor& out) {
    const int64_t rows = out.size(0);
    const auto make = [&](int64_t n, int64_t width) {
      return torch::empty({n, width}, out.options());
    };
    const bool keep_uv = keep && keeps_projections();
    if (keep_uv) {
      u_ = make(rows, spec_.u.width);
      v_ = make(rows, spec_.v.width);
    }
    if (keep) z_ = make(rows, spec_.z.width);
    cores_.begin(rows, keep, out.options());
    for_blocks(rows, [&](int64_t begin, int64_t end) {
      const int64_t n = end - begin;
      Tensor u = rows_of(inputs[kX], begin, end);
      Tensor v = rows_of(inputs[kY], begin, end);
      if (projects()) {
        u = project<T>(u, inputs[kWeightX], inputs[kBiasX], spec_.u, begin,
                       keep_uv ? rows_of(u_, begin, end) : make(n, spec_.u.width));
        v = project<T>(v, inputs[kWeightY], inputs[kBiasY], spec_.v, begin,
                       keep_uv ? rows_of(v_, begin, end) : make(n, spec_.v.width));
      }
      Tensor z = keep ? rows_of(z_, begin, end) : make(n, spec_.z.width);
      cores_.forward(inputs, u, v, begin, z);
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
    multiply(input, weight.t(), Into::kOverwrite, out);
    for_rows(out.size(0), spec.width, [&](int64_t row, int64_t last) {
      cpu::dense_forward(spec, first_row, row, last, bias.data_ptr<T>(), out.data_ptr<T>());
    });
    return out;
  }

  template <typename T>
  void backward_all(const Pass& pass, std::vector<Tensor>& gradients) {
    const std::vector<Tensor>& inputs = pass.inputs;
    const Tensor& out = pass.outputs[0];
    const Tensor grad = pass.gradients[0].contiguous();
    const int64_t rows = out.size(0);
    // The output's gradient and y are used up when those of u and v begin: they share memory.
    const int64_t out_or_u = projects() ? std::max(out.size(1), spec_.u.width) : out.size(1);
    const int64_t y_or_v = projects() ? std::max(spec_.z.width, spec_.v.width) : spec_.z.width;
    const int64_t again = projects() && !keeps_projections() ? spec_.u.width : 0;
    const int64_t width = out_or_u + y_or_v + spec_.z.width + 2 * again + cores_.scratch_columns();
    const int64_t most =
        std::min(rows_per_stretch(rows, width, cores_.blocks_at_once()), most_beside_kept(rows));
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
    const Tensor of_out_or_u = make(out_or_u);
    const Tensor of_y_or_v = make(y_or_v);
    const Tensor of_z = make(spec_.z.width);
    const Tensor uv_again = torch::empty({2, most * again}, out.options());
    cores_.begin_backward(most, out.options());

    for_stretches(rows, most, [&](int64_t first, int64_t n) {
      const Tensor d_out = rows_in(of_out_or_u, n, out.size(1));
      const Tensor y = rows_in(of_y_or_v, n, spec_.z.width);
      const Tensor dz = rows_in(of_z, n, spec_.z.width);
      for_blocks(n, [&](int64_t begin, int64_t end) {
        backward_output<T>(pass, grad, first, begin, end, d_out, y, dz, bias_out);
      });
      bias_out.end_stretch();
      if (pass.needed[kWeightOut]) multiply(d_out.t(), y, into_sum(first), gradients[kWeightOut]);

      const auto [u, v] = projections<T>(inputs, first, n, uv_again);
      if (!projects()) {
        cores_.backward(pass, u, v, first, dz, of_stretch(gradients[kX], first, n, u),
                        of_stretch(gradients[kY], first, n, v), gradients);
        return;
      }
      Tensor du = rows_in(of_out_or_u, n, spec_.u.width).zero_();
      Tensor dv = rows_in(of_y_or_v, n, spec_.v.width).zero_();
      cores_.backward(pass, u, v, first, dz, du, dv, gradients);
      backward_projection<T>(pass, kX, first, u, du, spec_.u, bias_u, gradients);
      backward_projection<T>(pass, kY, first, v, dv, spec_.v, bias_v, gradients);
    });
    gradients[kBiasOut] = bias_out.total();
    if (!projects()) return;
    gradients[kBiasX] = bias_u.total();
    gradients[kBiasY] = bias_v.total();
  }

  /// u and v of a stretch of rows: kept, or made again in `scratch`.
  template <typename T>
  std::array<Tensor, 2> projections(const std::vector<Tensor>& inputs, int64_t first, int64_t n,
                                    const Tensor& scratch) const {
    const Tensor x = rows_of(inputs[kX], first, first + n);
    const Tensor y = rows_of(inputs[kY], first, first + n);
    if (!projects()) return {x, y};
    if (keeps_projections()) return {rows_of(u_, first, first + n), rows_of(v_, first, first + n)};
    const Tensor u = rows_in(scratch[0], n, spec_.u.width);
    const Tensor v = rows_in(scratch[1], n, spec_.v.width);
    for_blocks(n, [&](int64_t begin, int64_t end) {
      project<T>(rows_of(x, begin, end), inputs[kWeightX], inputs[kBiasX], spec_.u, first + begin,
                 rows_of(u, begin, end));
      project<T>(rows_of(y, begin, end), inputs[kWeightY], inputs[kBiasY], spec_.v, first + begin,
                 rows_of(v, begin, end));
    });
    return {u, v};
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
    multiply(d_out_rows, pass.inputs[kWeightOut], Into::kOverwrite, dz_rows);
    for_rows(end - begin, spec_.z.width, [&](int64_t row, int64_t last) {
      cpu::normalize_backward(spec_.z, row0, row, last, z_rows.data_ptr<T>(), y_rows.data_ptr<T>(),
                              dz_rows.data_ptr<T>());
    });
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
      multiply(d_rows, pass.inputs[weight], Into::kOverwrite, d_input);
    });
    bias.end_stretch();
    if (pass.needed[weight])
      multiply(d_values.t(), rows_of(pass.inputs[input], first, first + n), into_sum(first),
               gradients[weight]);
  }

  FusedBlockTerm spec_;
  BlockTermCores cores_;
  Tensor u_;  ///< (rows, m), after dropout, where they are kept
  Tensor v_;  ///< (rows, m), after dropout, where they are kept
  Tensor z_;  ///< (rows, m), before normalisation
};

}  // namespace

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
