#include "fusion/fused_compact_bilinear.h"

#include <utility>

#include <torch/torch.h>

#include "fusion/cpu/compact_bilinear_rows.h"
#include "fusion/fused_operator.h"
#include "fusion/matrix_product.h"
#include "fusion/row_blocks.h"

namespace vidqa::fusion {
namespace {

using torch::Tensor;

class FusedCompactBilinearOperator : public FusedOperator {
  enum Input : size_t { kX, kY, kWeightOut, kBiasOut, kNumInputs };

 public:
  explicit FusedCompactBilinearOperator(FusedCompactBilinear spec) : spec_(std::move(spec)) {}

  std::string name() const override { return "FusedCompactBilinear"; }
  bool reads_outputs() const override { return true; }

  std::vector<Tensor> forward(const std::vector<Tensor>& inputs, bool keep) override {
    const Tensor& x = inputs[kX];
    const int64_t rows = x.size(0);
    const int64_t m = spec_.fft->length();
    Tensor out = torch::empty({rows, spec_.output.width}, x.options());
    if (keep) z_ = torch::empty({rows, m}, x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "FusedCompactBilinear", [&] {
      const auto sketch_x = sketch<scalar_t>(spec_.sketch_x);
      const auto sketch_y = sketch<scalar_t>(spec_.sketch_y);
      for_blocks(rows, [&](int64_t begin, int64_t end) {
        const int64_t n = end - begin;
        const Tensor z = keep ? rows_of(z_, begin, end) : torch::empty({n, m}, x.options());
        for_rows(n, kCostOfRow * m, [&](int64_t row, int64_t last) {
          cpu::compact_bilinear_forward(
              *spec_.fft, sketch_x, sketch_y, pointer<scalar_t>(x, begin + row),
              pointer<scalar_t>(inputs[kY], begin + row), last - row, pointer<scalar_t>(z, row));
        });
        Tensor out_rows = rows_of(out, begin, end);
        multiply(z, inputs[kWeightOut].t(), Into::kOverwrite, out_rows);
        for_rows(n, out.size(1), [&](int64_t row, int64_t last) {
          cpu::dense_forward(spec_.output, begin, row, last, inputs[kBiasOut].data_ptr<scalar_t>(),
                             out_rows.data_ptr<scalar_t>());
        });
      });
    });
    return {out};
  }

  std::vector<Tensor> backward(const Pass& pass) override {
    const std::vector<Tensor>& inputs = pass.inputs;
    const Tensor& out = pass.outputs[0];
    const Tensor grad = pass.gradients[0].contiguous();
    const int64_t rows = out.size(0);
    const int64_t m = spec_.fft->length();
    const int64_t width = out.size(1) + m;
    const int64_t most = rows_per_stretch(rows, width);

    std::vector<Tensor> gradients(kNumInputs);
    for (const Input input : {kX, kY, kWeightOut})
      gradients[input] =
          rows > 0 ? torch::empty_like(inputs[input]) : torch::zeros_like(inputs[input]);
    ColumnSums bias(out.size(1), out.options());
    const Tensor d_out = torch::empty({most, out.size(1)}, out.options());
    const Tensor dz = torch::empty({most, m}, out.options());
    AT_DISPATCH_FLOATING_TYPES(out.scalar_type(), "FusedCompactBilinear", [&] {
      const auto sketch_x = sketch<scalar_t>(spec_.sketch_x);
      const auto sketch_y = sketch<scalar_t>(spec_.sketch_y);
      for_stretches(rows, most, [&](int64_t first, int64_t n) {
        for_blocks(n, [&](int64_t begin, int64_t end) {
          const int64_t row0 = first + begin;
          for_rows(end - begin, out.size(1), [&](int64_t row, int64_t last) {
            cpu::dense_backward(spec_.output, row0, row, last, pointer<scalar_t>(out, row0),
                                pointer<scalar_t>(grad, row0), pointer<scalar_t>(d_out, begin),
                                bias.of_thread<scalar_t>());
          });
          Tensor dz_rows = rows_of(dz, begin, end);
          multiply(rows_of(d_out, begin, end), inputs[kWeightOut], Into::kOverwrite, dz_rows);
          for_rows(end - begin, kCostOfRow * m, [&](int64_t row, int64_t last) {
            cpu::compact_bilinear_backward(
                *spec_.fft, sketch_x, sketch_y, pointer<scalar_t>(inputs[kX], row0 + row),
                pointer<scalar_t>(inputs[kY], row0 + row), pointer<scalar_t>(dz, begin + row),
                last - row, pointer<scalar_t>(gradients[kX], row0 + row),
                pointer<scalar_t>(gradients[kY], row0 + row));
          });
        });
        bias.end_stretch();
        multiply(rows_of(d_out, 0, n).t(), rows_of(z_, first, first + n), into_sum(first),
                 gradients[kWeightOut]);
      });
    });
    gradients[kBiasOut] = bias.total();
    return gradients;
  }

 private:
  /// A row of transforms takes as long as a pass over so many times its values.
  static constexpr int64_t kCostOfRow = 32;

  template <typename T>
  cpu::Sketch<T> sketch(const FusedCompactBilinear::Sketch& buffers) const {
    return {buffers.h.data_ptr<int64_t>(), buffers.s.data_ptr<T>(), buffers.h.size(0),
            spec_.fft->length()};
  }

  template <typename T>
  static T* pointer(const Tensor& tensor, int64_t row) {
    return tensor.data_ptr<T>() + row * tensor.size(1);
  }

  FusedCompactBilinear spec_;
  Tensor z_;  ///< (rows, m)
};

}  // namespace

Tensor FusedCompactBilinear::apply(FusedCompactBilinear spec, const Tensor& x, const Tensor& y) {
  const std::vector<Tensor> inputs = {x, y, spec.linear_out->weight, spec.linear_out->bias};
  return fusion::apply(std::make_shared<FusedCompactBilinearOperator>(std::move(spec)), inputs)[0];
}

}  // namespace vidqa::fusion
