#include "fusion/pooled_projection.h"

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

class PooledProjectionOperator : public FusedOperator {
  /// Order of the inputs: x, y, output weight and bias, then four for each block.
  enum Input : size_t { kX, kY, kWeightOut, kBiasOut, kFirstBlock };
  enum BlockInput : size_t { kWeightX, kBiasX, kWeightY, kBiasY, kInputsOfBlock };

  static size_t block_input(size_t block, BlockInput input) {
    return kFirstBlock + block * kInputsOfBlock + input;
  }

 public:
  explicit PooledProjectionOperator(PooledProjection spec) : spec_(std::move(spec)) {}

  std::string name() const override { return "PooledProjection"; }
  bool reads_outputs() const override { return true; }

  std::vector<Tensor> forward(const std::vector<Tensor>& inputs, bool keep) override {
    Tensor out =
        torch::empty({inputs[kX].size(0), inputs[kWeightOut].size(0)}, inputs[kX].options());
    AT_DISPATCH_FLOATING_TYPES(out.scalar_type(), "PooledProjection",
                               [&] { forward_all<scalar_t>(inputs, keep, out); });
    return {out};
  }

  std::vector<Tensor> backward(const Pass& pass) override {
    std::vector<Tensor> gradients(pass.inputs.size());
    AT_DISPATCH_FLOATING_TYPES(pass.outputs[0].scalar_type(), "PooledProjection",
                               [&] { backward_all<scalar_t>(pass, gradients); });
    return gradients;
  }

 private:
  int64_t num_blocks() const { return static_cast<int64_t>(spec_.blocks.size()); }

  /// `uv` and z begin at the row that has the number `first` in the whole input, and are worked on
  /// from row `begin` to `end` of theirs.
  template <typename T>
  void forward_rows(const std::vector<Tensor>& inputs, int64_t first, int64_t begin, int64_t end,
                    const std::vector<std::array<Tensor, 2>>& uv, const Tensor& z, Tensor& out) {
    std::array<cpu::PooledBlock<T>, cpu::PooledRows::kMaxBlocks> blocks;
    for (size_t b = 0; b < uv.size(); ++b) {
      Tensor u = rows_of(uv[b][0], begin, end);
      Tensor v = rows_of(uv[b][1], begin, end);
      multiply(rows_of(inputs[kX], first + begin, first + end),
               inputs[block_input(b, kWeightX)].t(), Into::kOverwrite, u);
      multiply(rows_of(inputs[kY], first + begin, first + end),
               inputs[block_input(b, kWeightY)].t(), Into::kOverwrite, v);
      blocks[b] = {u.data_ptr<T>(), v.data_ptr<T>(), inputs[block_input(b, kBiasX)].data_ptr<T>(),
                   inputs[block_input(b, kBiasY)].data_ptr<T>()};
    }
    const int64_t rows = end - begin;
    Tensor z_rows = rows_of(z, begin, end);
    for_rows(rows, 2 * spec_.rows.wide(), [&](int64_t row, int64_t last) {
      cpu::pooled_forward(spec_.rows, first + begin, row, last, blocks.data(),
                          z_rows.data_ptr<T>());
    });
    Tensor out_rows = rows_of(out, first + begin, first + end);
    multiply(z_rows, inputs[kWeightOut].t(), Into::kOverwrite, out_rows);
    for_rows(rows, out.size(1), [&](int64_t row, int64_t last) {
      cpu::dense_forward(spec_.output, first + begin, row, last, inputs[kBiasOut].data_ptr<T>(),
                         out_rows.data_ptr<T>());
    });
  }

  template <typename T>
  void forward_all(const std::vector<Tensor>& inputs, bool keep, Tensor& out) {
    const int64_t wide = spec_.rows.wide();
    const int64_t pooled = num_blocks() * spec_.rows.pooled;
    const int64_t rows = out.size(0);
    if (keep) {
      uv_.resize(spec_.blocks.size());
      for (auto& [u, v] : uv_) {
        u = torch::empty({rows, wide}, out.options());
        v = torch::empty_like(u);
      }
    }
    for_blocks(rows, [&](int64_t begin, int64_t end) {
      const int64_t n = end - begin;
      std::vector<std::array<Tensor, 2>> uv(spec_.blocks.size());
      for (size_t b = 0; b < uv.size(); ++b) {
        for (size_t side = 0; side < 2; ++side)
          uv[b][side] =
              keep ? rows_of(uv_[b][side], begin, end) : torch::empty({n, wide}, out.options());
      }
      const Tensor z = torch::empty({n, pooled}, out.options());
      forward_rows<T>(inputs, begin, 0, n, uv, z, out);
    });
  }

  template <typename T>
  void backward_all(const Pass& pass, std::vector<Tensor>& gradients) {
    const std::vector<Tensor>& inputs = pass.inputs;
    const Tensor& out = pass.outputs[0];
    const Tensor grad = pass.gradients[0].contiguous();
    const int64_t wide = spec_.rows.wide();
    const int64_t pooled = num_blocks() * spec_.rows.pooled;
    const int64_t width = out.size(1) + 2 * pooled + 2 * num_blocks() * wide;
    const int64_t most = rows_per_stretch(out.size(0), width);
    const torch::TensorOptions options = out.options();

    for (size_t i = 0; i < inputs.size(); ++i) {
      if (pass.needed[i] && inputs[i].dim() == 2)
        gradients[i] =
            out.size(0) > 0 ? torch::empty_like(inputs[i]) : torch::zeros_like(inputs[i]);
    }
    ColumnSums bias_out(out.size(1), options);
    std::vector<std::array<ColumnSums, 2>> bias;
    std::vector<std::array<Tensor, 2>> duv;
    for (int64_t b = 0; b < num_blocks(); ++b) {
      bias.push_back({ColumnSums(wide, options), ColumnSums(wide, options)});
      duv.push_back({torch::empty({most, wide}, options), torch::empty({most, wide}, options)});
    }
    const Tensor d_out = torch::empty({most, out.size(1)}, options);
    const Tensor z = torch::empty({most, pooled}, options);
    const Tensor dz = torch::empty({most, pooled}, options);

    for_stretches(out.size(0), most, [&](int64_t first, int64_t n) {
      for_blocks(n, [&](int64_t begin, int64_t end) {
        backward_rows<T>(pass, grad, first, begin, end, duv, d_out, z, dz, bias_out, bias,
                         gradients);
      });
      bias_out.end_stretch();
      if (pass.needed[kWeightOut])
        multiply(rows_of(d_out, 0, n).t(), rows_of(z, 0, n), into_sum(first),
                 gradients[kWeightOut]);
      for (size_t b = 0; b < duv.size(); ++b) {
        for (size_t side = 0; side < 2; ++side) {
          bias[b][side].end_stretch();
          const size_t weight = block_input(b, side == 0 ? kWeightX : kWeightY);
          const Tensor& input = inputs[side == 0 ? kX : kY];
          if (pass.needed[weight])
            multiply(rows_of(duv[b][side], 0, n).t(), rows_of(input, first, first + n),
                     into_sum(first), gradients[weight]);
        }
      }
    });
    gradients[kBiasOut] = bias_out.total();
    for (size_t b = 0; b < bias.size(); ++b) {
      gradients[block_input(b, kBiasX)] = bias[b][0].total();
      gradients[block_input(b, kBiasY)] = bias[b][1].total();
    }
  }

  template <typename T>
  void backward_rows(const Pass& pass, const Tensor& grad, int64_t first, int64_t begin,
                     int64_t end, std::vector<std::array<Tensor, 2>>& duv, const Tensor& d_out,
                     const Tensor& z, const Tensor& dz, ColumnSums& bias_out,
                     std::vector<std::array<ColumnSums, 2>>& bias, std::vector<Tensor>& gradients) {
    const int64_t row0 = first + begin;  // in the whole input
    const int64_t n = end - begin;
    const Tensor out_rows = rows_of(pass.outputs[0], row0, first + end);
    const Tensor grad_rows = rows_of(grad, row0, first + end);
    const Tensor d_out_rows = rows_of(d_out, begin, end);
    for_rows(n, d_out.size(1), [&](int64_t row, int64_t last) {
      cpu::dense_backward(spec_.output, row0, row, last, out_rows.data_ptr<T>(),
                          grad_rows.data_ptr<T>(), d_out_rows.data_ptr<T>(),
                          bias_out.of_thread<T>());
    });
    Tensor dz_rows = rows_of(dz, begin, end);
    multiply(d_out_rows, pass.inputs[kWeightOut], Into::kOverwrite, dz_rows);
    const Tensor z_rows = rows_of(z, begin, end);
    const int64_t wide = spec_.rows.wide();
    for_rows(n, 4 * wide, [&](int64_t row, int64_t last) {
      std::array<cpu::PooledBlock<T>, cpu::PooledRows::kMaxBlocks> blocks;
      for (size_t b = 0; b < duv.size(); ++b) {
        blocks[b].u = uv_[b][0].data_ptr<T>() + row0 * wide;
        blocks[b].v = uv_[b][1].data_ptr<T>() + row0 * wide;
        blocks[b].du = duv[b][0].data_ptr<T>() + begin * wide;
        blocks[b].dv = duv[b][1].data_ptr<T>() + begin * wide;
        blocks[b].dbias_u = bias[b][0].template of_thread<T>();
        blocks[b].dbias_v = bias[b][1].template of_thread<T>();
      }
      cpu::pooled_backward(spec_.rows, row0, row, last, blocks.data(), z_rows.data_ptr<T>(),
                           dz_rows.data_ptr<T>());
    });
    for (size_t b = 0; b < duv.size(); ++b) {
      for (size_t side = 0; side < 2; ++side) {
        const size_t input = side == 0 ? kX : kY;
        if (!pass.needed[input]) continue;
        Tensor d_input = rows_of(gradients[input], row0, first + end);
        multiply(rows_of(duv[b][side], begin, end),
                 pass.inputs[block_input(b, side == 0 ? kWeightX : kWeightY)], into_sum(b),
                 d_input);
      }
    }
  }

  PooledProjection spec_;
  std::vector<std::array<Tensor, 2>> uv_;  ///< (rows, m f) of each block
};

}  // namespace

Tensor PooledProjection::apply(PooledProjection spec, const Tensor& x, const Tensor& y) {
  spec.rows.num_blocks = static_cast<int>(spec.blocks.size());
  spec.output.width = spec.linear_out->weight.size(0);
  std::vector<Tensor> inputs = {x.contiguous(), y.contiguous(), spec.linear_out->weight,
                                spec.linear_out->bias};
  for (const Block& block : spec.blocks)
    inputs.insert(inputs.end(), {block.linear_x->weight, block.linear_x->bias,
                                 block.linear_y->weight, block.linear_y->bias});
  return fusion::apply(std::make_shared<PooledProjectionOperator>(std::move(spec)), inputs)[0];
}

}  // namespace vidqa::fusion
