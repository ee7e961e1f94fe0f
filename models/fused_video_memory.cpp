#include <memory>
#include <utility>

#include <torch/torch.h>

#include "fusion/fused_operator.h"
#include "models/cpu/video_memory_steps.h"
#include "models/fused_memory.h"
#include "models/packed_matrix.h"
#include "models/sequence_shares.h"

namespace vidqa::models {
namespace {

using torch::Tensor;

class FusedVideoMemoryOperator : public fusion::FusedOperator {
  using In = FusedVideoMemory;

  /// Of a stream's Linears the weights, after kStreamA or kStreamM.
  enum StreamWeight : size_t { kReadToHidden = 0, kHiddenToContent = 2, kWritePlace = 4 };

 public:
  explicit FusedVideoMemoryOperator(FusedVideoMemory spec)
      : spec_(std::move(spec)), row_{spec_.hidden, spec_.slots} {}

  std::string name() const override { return "FusedVideoMemory"; }

  std::vector<Tensor> forward(const std::vector<Tensor>& inputs, bool keep) override {
    const torch::TensorOptions options = inputs[In::kAppearance].options();
    rows_ = torch::empty({spec_.layout.rows(), row_.stride()}, options);
    rows_.copy_(biases(inputs));
    piece_of_a(rows_).addmm_(inputs[In::kAppearance], input_weight(inputs, In::kStreamA).t());
    piece_of_m(rows_).addmm_(inputs[In::kMotion], input_weight(inputs, In::kStreamM).t());
    reads_ = torch::empty({spec_.layout.rows(), cpu::in_panels(h())}, options);
    const Matrices matrices = forward_matrices(inputs);
    AT_DISPATCH_FLOATING_TYPES(rows_.scalar_type(), "FusedVideoMemory", [&] {
      for_shares(spec_.layout, [&](const SequenceShare& share) {
        cpu::video_memory_forward(share.sequences(), row_, matrices.get<scalar_t>(),
                                  rows_.data_ptr<scalar_t>(), reads_.data_ptr<scalar_t>());
      });
    });
    const Tensor hidden = rows_.narrow(1, row_.state(), h()).contiguous();
    if (!keep) rows_ = reads_ = Tensor();
    return {hidden};
  }

  std::vector<Tensor> backward(const Pass& pass) override {
    const std::vector<Tensor>& inputs = pass.inputs;
    const Tensor d_hidden = pass.gradients[0].contiguous();
    const Tensor d_rows = torch::zeros_like(rows_);
    {
      const Matrices matrices = backward_matrices(inputs);
      AT_DISPATCH_FLOATING_TYPES(rows_.scalar_type(), "FusedVideoMemory", [&] {
        for_shares(spec_.layout, [&](const SequenceShare& share) {
          cpu::video_memory_backward(share.sequences(), row_, matrices.get<scalar_t>(),
                                     rows_.data_ptr<scalar_t>(), d_hidden.data_ptr<scalar_t>(),
                                     d_rows.data_ptr<scalar_t>());
        });
      });
    }
    std::vector<Tensor> gradients(In::kInputs);
    const Tensor before = spec_.layout.before(rows_.narrow(1, row_.state_a(), 3 * h()));
    const Tensor before_a = before.narrow(1, 0, h());
    const Tensor before_g = before.narrow(1, h(), h());
    const Tensor before_m = before.narrow(1, 2 * h(), h());
    const Tensor read = reads_.narrow(1, 0, h());
    const Tensor sums = d_rows.sum(0);
    const auto bias = [&](int64_t column, int64_t width) {
      return sums.narrow(0, column, width).clone();
    };
    const auto weight = [&](int64_t column, int64_t width, const std::vector<Tensor>& factors) {
      Tensor gradient =
          torch::empty({width, static_cast<int64_t>(factors.size()) * h()}, rows_.options());
      for (size_t i = 0; i < factors.size(); ++i) {
        Tensor to = gradient.narrow(1, static_cast<int64_t>(i) * h(), h());
        torch::mm_out(to, d_rows.narrow(1, column, width).t(), factors[i]);
      }
      return gradient;
    };
    gradients[In::kReadProb] = weight(row_.read(), s(), {before_a, before_m, before_g});
    gradients[In::kReadProb + 1] = bias(row_.read(), s());
    gradients[In::kWriteProb] = weight(row_.gates(), 3, {before_a, before_m, before_g});
    gradients[In::kWriteProb + 1] = bias(row_.gates(), 3);
    gradients[In::kReadToHidden] = weight(row_.state(), h(), {read, before_g});
    gradients[In::kReadToHidden + 1] = bias(row_.state(), h());
    const auto of_stream = [&](size_t stream, const Tensor& x, const Tensor& own, int64_t state,
                               int64_t content, int64_t place) {
      gradients[stream + kReadToHidden] = weight(state, h(), {x, read, own});
      gradients[stream + kReadToHidden + 1] = bias(state, h());
      gradients[stream + kHiddenToContent] = weight(content, h(), {own, x});
      gradients[stream + kHiddenToContent + 1] = bias(content, h());
      gradients[stream + kWritePlace] = weight(place, s(), {own, x});
      gradients[stream + kWritePlace + 1] = bias(place, s());
    };
    of_stream(In::kStreamA, inputs[In::kAppearance], before_a, row_.state_a(), row_.content_a(),
              row_.place_a());
    of_stream(In::kStreamM, inputs[In::kMotion], before_m, row_.state_m(), row_.content_m(),
              row_.place_m());
    if (pass.needed[In::kAppearance])
      gradients[In::kAppearance] = piece_of_a(d_rows).mm(input_weight(inputs, In::kStreamA));
    if (pass.needed[In::kMotion])
      gradients[In::kMotion] = piece_of_m(d_rows).mm(input_weight(inputs, In::kStreamM));
    return gradients;
  }

 private:
  struct Matrices {
    PackedMatrix of_a, of_m, of_g, control, of_read;

    template <typename T>
    cpu::VideoMemoryMatrices<T> get() const {
      return {of_a.get<T>(), of_m.get<T>(), of_g.get<T>(), control.get<T>(), of_read.get<T>()};
    }
  };

  int64_t h() const { return spec_.hidden; }
  int64_t s() const { return spec_.slots; }

  Tensor piece_of_a(const Tensor& rows) const {
    return rows.narrow(1, row_.content_a(), row_.of_stream());
  }
  Tensor piece_of_m(const Tensor& rows) const {
    return rows.narrow(1, row_.state_m(), row_.of_stream());
  }

  /// Columns of a Linear's weight that multiply the piece at `place` of its concatenated input.
  Tensor part(const Tensor& weight, int64_t place) const {
    return weight.narrow(1, place * h(), h());
  }

  Tensor biases(const std::vector<Tensor>& in) const {
    const auto bias = [&](size_t linear) { return in[linear + 1]; };
    return torch::cat(
        {bias(In::kStreamA + kHiddenToContent), bias(In::kStreamA + kWritePlace),
         bias(In::kStreamA + kReadToHidden), bias(In::kReadToHidden),
         bias(In::kStreamM + kReadToHidden), bias(In::kStreamM + kWritePlace),
         bias(In::kStreamM + kHiddenToContent), bias(In::kReadProb), bias(In::kWriteProb),
         torch::zeros({row_.stride() - row_.gates() - 3}, in[In::kAppearance].options())});
  }

  /// What multiplies a stream's input, (2h + S, h), in the order of the stream's piece.
  Tensor input_weight(const std::vector<Tensor>& in, size_t stream) const {
    std::vector<Tensor> parts = {part(in[stream + kHiddenToContent], 1),
                                 part(in[stream + kWritePlace], 1),
                                 part(in[stream + kReadToHidden], 0)};
    if (stream == In::kStreamM) std::swap(parts[0], parts[2]);
    return torch::cat(parts);
  }

  Matrices forward_matrices(const std::vector<Tensor>& in) const {
    const torch::TensorOptions options = in[In::kAppearance].options();
    Matrices to = {{h(), row_.of_stream(), options},
                   {h(), row_.of_stream(), options},
                   {h(), h(), options},
                   {3 * h(), row_.of_control(), options},
                   {h(), 3 * h(), options}};
    const auto put = [](PackedMatrix& matrix, const Tensor& weight, int64_t state, int64_t piece) {
      matrix.put(weight.t(), state, piece);
    };
    put_all(in, to, put);
    return to;
  }

  Matrices backward_matrices(const std::vector<Tensor>& in) const {
    const torch::TensorOptions options = in[In::kAppearance].options();
    Matrices to = {{row_.of_stream(), h(), options},
                   {row_.of_stream(), h(), options},
                   {h(), h(), options},
                   {row_.of_control(), 3 * h(), options},
                   {3 * h(), h(), options}};
    const auto put = [](PackedMatrix& matrix, const Tensor& weight, int64_t state, int64_t piece) {
      matrix.put(weight, piece, state);
    };
    put_all(in, to, put);
    return to;
  }

  /// put(matrix, weight (piece, state), place among the states, place in the piece).
  template <typename Put>
  void put_all(const std::vector<Tensor>& in, Matrices& to, Put put) const {
    const auto content = [&](size_t stream) { return part(in[stream + kHiddenToContent], 0); };
    const auto place = [&](size_t stream) { return part(in[stream + kWritePlace], 0); };
    const auto state = [&](size_t stream) { return part(in[stream + kReadToHidden], 2); };
    const auto read = [&](size_t stream) { return part(in[stream + kReadToHidden], 1); };
    put(to.of_a, content(In::kStreamA), 0, 0);
    put(to.of_a, place(In::kStreamA), 0, h());
    put(to.of_a, state(In::kStreamA), 0, h() + s());
    put(to.of_m, state(In::kStreamM), 0, 0);
    put(to.of_m, place(In::kStreamM), 0, h());
    put(to.of_m, content(In::kStreamM), 0, h() + s());
    put(to.of_g, part(in[In::kReadToHidden], 1), 0, 0);
    put(to.of_read, read(In::kStreamA), 0, 0);
    put(to.of_read, part(in[In::kReadToHidden], 0), 0, h());
    put(to.of_read, read(In::kStreamM), 0, 2 * h());
    // [g_a; g_m; g] multiply the weights, [g_a; g; g_m] stand in the row.
    const auto put_control = [&](size_t linear, int64_t column) {
      put(to.control, part(in[linear], 0), 0, column);
      put(to.control, part(in[linear], 2), h(), column);
      put(to.control, part(in[linear], 1), 2 * h(), column);
    };
    put_control(In::kReadProb, 0);
    put_control(In::kWriteProb, s());
  }

  FusedVideoMemory spec_;
  cpu::VideoMemoryRow row_;
  Tensor rows_;   ///< (rows, stride)
  Tensor reads_;  ///< (rows, >= h): r
};

}  // namespace

Tensor FusedVideoMemory::apply(FusedVideoMemory spec, const std::vector<Tensor>& inputs) {
  TORCH_CHECK(inputs.size() == kInputs, "FusedVideoMemory: want ", static_cast<size_t>(kInputs),
              " inputs, got ", inputs.size());
  return fusion::apply(std::make_shared<FusedVideoMemoryOperator>(std::move(spec)), inputs)[0];
}

}  // namespace vidqa::models
