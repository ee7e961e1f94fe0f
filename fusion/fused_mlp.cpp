#include "fusion/fused_mlp.h"

#include <memory>
#include <utility>

#include <torch/torch.h>

#include "fusion/fused_operator.h"
#include "fusion/matrix_product.h"
#include "fusion/row_blocks.h"

namespace vidqa::fusion {
namespace {

using torch::Tensor;

class FusedMlpOperator : public FusedOperator {
  /// Order of the inputs: x, y, then weight and bias of each layer.
  enum Input : size_t { kX, kY, kFirstLayer };

  static size_t weight_of(size_t layer) { return kFirstLayer + 2 * layer; }
  static size_t bias_of(size_t layer) { return kFirstLayer + 2 * layer + 1; }

 public:
  explicit FusedMlpOperator(FusedMlp spec) : spec_(std::move(spec)) {}

  std::string name() const override { return "FusedMlp"; }

  std::vector<Tensor> forward(const std::vector<Tensor>& inputs, bool keep) override {
    const int64_t rows = inputs[kX].size(0);
    const auto make = [&](size_t layer, int64_t n) {
      return torch::empty({n, spec_.rows[layer].width}, inputs[kX].options());
    };
    Tensor out = make(last_layer(), rows);
    if (keep) {
      for (size_t layer = 0; layer < last_layer(); ++layer) hidden_.push_back(make(layer, rows));
    }
    for_blocks(rows, [&](int64_t begin, int64_t end) {
      Tensor below;
      for (size_t layer = 0; layer <= last_layer(); ++layer) {
        Tensor h = layer == last_layer() ? rows_of(out, begin, end)
                   : keep                ? rows_of(hidden_[layer], begin, end)
                                         : make(layer, end - begin);
        if (layer == 0) {
          const auto [weight_x, weight_y] = halves(inputs, inputs[weight_of(0)]);
          multiply(rows_of(inputs[kX], begin, end), weight_x.t(), Into::kOverwrite, h);
          multiply(rows_of(inputs[kY], begin, end), weight_y.t(), Into::kAdd, h);
        } else {
          multiply(below, inputs[weight_of(layer)].t(), Into::kOverwrite, h);
        }
        AT_DISPATCH_FLOATING_TYPES(h.scalar_type(), "FusedMlp", [&] {
          const auto* bias = inputs[bias_of(layer)].data_ptr<scalar_t>();
          for_rows(h.size(0), h.size(1), [&](int64_t row, int64_t last) {
            cpu::dense_forward(spec_.rows[layer], begin, row, last, bias, h.data_ptr<scalar_t>());
          });
        });
        below = h;
      }
    });
    return {out};
  }

  std::vector<Tensor> backward(const Pass& pass) override {
    const std::vector<Tensor>& inputs = pass.inputs;
    const int64_t rows = inputs[kX].size(0);
    const Tensor grad = pass.gradients[0].contiguous();
    int64_t width = 0;
    for (size_t layer = 0; layer < last_layer(); ++layer) width += spec_.rows[layer].width;
    const int64_t most = rows_per_stretch(rows, width);

    std::vector<Tensor> gradients(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (pass.needed[i] && inputs[i].dim() == 2)
        gradients[i] = rows > 0 ? torch::empty_like(inputs[i]) : torch::zeros_like(inputs[i]);
    }
    gradients[bias_of(last_layer())] = grad.sum(0);
    std::vector<Tensor> d_hidden;  // of a stretch, gradients of x W + b
    std::vector<ColumnSums> bias;
    for (size_t layer = 0; layer < last_layer(); ++layer) {
      d_hidden.push_back(torch::empty({most, spec_.rows[layer].width}, grad.options()));
      bias.emplace_back(spec_.rows[layer].width, grad.options());
    }
    for_stretches(rows, most, [&](int64_t first, int64_t n) {
      for_blocks(n, [&](int64_t begin, int64_t end) {
        Tensor above = rows_of(grad, first + begin, first + end);
        for (size_t layer = last_layer(); layer-- > 0;) {
          Tensor d = rows_of(d_hidden[layer], begin, end);
          multiply(above, inputs[weight_of(layer + 1)], Into::kOverwrite, d);
          AT_DISPATCH_FLOATING_TYPES(d.scalar_type(), "FusedMlp", [&] {
            auto* const dh = d.data_ptr<scalar_t>();
            const auto* const h = hidden_[layer].data_ptr<scalar_t>() + (first + begin) * d.size(1);
            for_rows(d.size(0), d.size(1), [&](int64_t row, int64_t last) {
              cpu::dense_backward(spec_.rows[layer], first + begin, row, last, h, dh, dh,
                                  bias[layer].of_thread<scalar_t>());
            });
          });
          above = d;
        }
        const auto [weight_x, weight_y] = halves(inputs, inputs[weight_of(0)]);
        for (const Input input : {kX, kY}) {
          if (!pass.needed[input]) continue;
          Tensor d_input = rows_of(gradients[input], first + begin, first + end);
          multiply(above, input == kX ? weight_x : weight_y, Into::kOverwrite, d_input);
        }
      });
      for (size_t layer = 0; layer <= last_layer(); ++layer) {
        if (layer < last_layer()) bias[layer].end_stretch();
        if (!pass.needed[weight_of(layer)]) continue;
        const Tensor d = layer == last_layer() ? rows_of(grad, first, first + n)
                                               : rows_of(d_hidden[layer], 0, n);
        if (layer == 0) {
          auto [dx, dy] = halves(inputs, gradients[weight_of(0)]);
          multiply(d.t(), rows_of(inputs[kX], first, first + n), into_sum(first), dx);
          multiply(d.t(), rows_of(inputs[kY], first, first + n), into_sum(first), dy);
        } else {
          multiply(d.t(), rows_of(hidden_[layer - 1], first, first + n), into_sum(first),
                   gradients[weight_of(layer)]);
        }
      }
    });
    for (size_t layer = 0; layer < last_layer(); ++layer)
      gradients[bias_of(layer)] = bias[layer].total();
    return gradients;
  }

 private:
  size_t last_layer() const { return spec_.layers.size() - 1; }

  /// Columns of the first layer's weight that multiply x, and those that multiply y.
  static std::pair<Tensor, Tensor> halves(const std::vector<Tensor>& inputs, const Tensor& weight) {
    const int64_t dx = inputs[kX].size(1);
    return {weight.narrow(1, 0, dx), weight.narrow(1, dx, inputs[kY].size(1))};
  }

  FusedMlp spec_;
  std::vector<Tensor> hidden_;  ///< (rows, width) of all layers but the last
};

}  // namespace

Tensor FusedMlp::apply(FusedMlp spec, const Tensor& x, const Tensor& y) {
  std::vector<Tensor> inputs = {x, y};
  for (const torch::nn::Linear& layer : spec.layers)
    inputs.insert(inputs.end(), {layer->weight, layer->bias});
  return fusion::apply(std::make_shared<FusedMlpOperator>(std::move(spec)), inputs)[0];
}

}  // namespace vidqa::fusion
