#include <memory>
#include <utility>

#include <torch/torch.h>

#include "fusion/fused_operator.h"
#include "models/cpu/question_memory_steps.h"
#include "models/fused_memory.h"
#include "models/packed_matrix.h"
#include "models/sequence_shares.h"

namespace vidqa::models {
namespace {

using torch::Tensor;

class FusedQuestionMemoryOperator : public fusion::FusedOperator {
  using In = FusedQuestionMemory;

 public:
  explicit FusedQuestionMemoryOperator(FusedQuestionMemory spec)
      : spec_(std::move(spec)), row_{spec_.hidden, spec_.slots} {}

  std::string name() const override { return "FusedQuestionMemory"; }

  std::vector<Tensor> forward(const std::vector<Tensor>& inputs, bool keep) override {
    const torch::TensorOptions options = inputs[In::kWords].options();
    rows_ = torch::empty({spec_.layout.rows(), row_.stride()}, options);
    rows_.copy_(torch::cat({inputs[In::kHiddenToContent + 1], inputs[In::kWriteProb + 1],
                            inputs[In::kReadProb + 1], inputs[In::kWriteGate + 1],
                            inputs[In::kReadGate + 1], inputs[In::kBh],
                            torch::zeros({row_.stride() - row_.columns()}, options)}));
    columns(rows_).addmm_(inputs[In::kWords], stacked(inputs, kOfWord).t());
    reads_ = torch::empty({spec_.layout.rows(), cpu::in_panels(h())}, options);
    PackedMatrix of_g(h(), row_.columns(), options);
    PackedMatrix of_read(h(), h(), options);
    of_g.put(stacked(inputs, kOfState).t(), 0, 0);
    of_read.put(inputs[In::kWrh], 0, 0);
    AT_DISPATCH_FLOATING_TYPES(rows_.scalar_type(), "FusedQuestionMemory", [&] {
      const cpu::QuestionMemoryMatrices<scalar_t> matrices = {of_g.get<scalar_t>(),
                                                              of_read.get<scalar_t>()};
      for_shares(spec_.layout, [&](const SequenceShare& share) {
        cpu::question_memory_forward(share.sequences(), row_, matrices, rows_.data_ptr<scalar_t>(),
                                     reads_.data_ptr<scalar_t>());
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
      PackedMatrix of_g(row_.columns(), h(), rows_.options());
      PackedMatrix of_read(h(), h(), rows_.options());
      of_g.put(stacked(inputs, kOfState), 0, 0);
      of_read.put(inputs[In::kWrh].t(), 0, 0);
      AT_DISPATCH_FLOATING_TYPES(rows_.scalar_type(), "FusedQuestionMemory", [&] {
        const cpu::QuestionMemoryMatrices<scalar_t> matrices = {of_g.get<scalar_t>(),
                                                                of_read.get<scalar_t>()};
        for_shares(spec_.layout, [&](const SequenceShare& share) {
          cpu::question_memory_backward(share.sequences(), row_, matrices,
                                        rows_.data_ptr<scalar_t>(), d_hidden.data_ptr<scalar_t>(),
                                        d_rows.data_ptr<scalar_t>());
        });
      });
    }
    // Both parts of every weight, (columns, h) each: of the word and of the state before.
    const Tensor before = spec_.layout.before(rows_.narrow(1, row_.state(), h()));
    const Tensor of_word = columns(d_rows).t().mm(inputs[In::kWords]);
    const Tensor of_state = columns(d_rows).t().mm(before);
    const Tensor sums = d_rows.sum(0);
    std::vector<Tensor> gradients(In::kInputs);
    const auto set = [&](size_t linear, int64_t column, int64_t width) {
      gradients[linear] =
          torch::cat({of_word.narrow(0, column, width), of_state.narrow(0, column, width)}, 1);
      gradients[linear + 1] = sums.narrow(0, column, width).clone();
    };
    set(In::kHiddenToContent, row_.content(), h());
    set(In::kReadGate, row_.read_gate(), 1);
    set(In::kReadProb, row_.read(), s());
    set(In::kWriteGate, row_.write_gate(), 1);
    set(In::kWriteProb, row_.place(), s());
    gradients[In::kWxh] = of_word.narrow(0, row_.state(), h()).t().contiguous();
    gradients[In::kWhh] = of_state.narrow(0, row_.state(), h()).t().contiguous();
    gradients[In::kWrh] = reads_.narrow(1, 0, h()).t().mm(d_rows.narrow(1, row_.state(), h()));
    gradients[In::kBh] = sums.narrow(0, row_.state(), h()).clone();
    if (pass.needed[In::kWords])
      gradients[In::kWords] = columns(d_rows).mm(stacked(inputs, kOfWord));
    return gradients;
  }

 private:
  /// Half of the weights of [x; g].
  enum Half : int64_t { kOfWord, kOfState };

  int64_t h() const { return spec_.hidden; }
  int64_t s() const { return spec_.slots; }
  Tensor columns(const Tensor& rows) const { return rows.narrow(1, 0, row_.columns()); }

  /// What multiplies x or g, in the order of a row: (columns, h).
  Tensor stacked(const std::vector<Tensor>& in, Half half) const {
    const auto part = [&](size_t linear) { return in[linear].narrow(1, half * h(), h()); };
    return torch::cat({part(In::kHiddenToContent), part(In::kWriteProb), part(In::kReadProb),
                       part(In::kWriteGate), part(In::kReadGate),
                       in[half == kOfWord ? In::kWxh : In::kWhh].t()});
  }

  FusedQuestionMemory spec_;
  cpu::QuestionMemoryRow row_;
  Tensor rows_;   ///< (rows, stride)
  Tensor reads_;  ///< (rows, >= h): r
};

}  // namespace

Tensor FusedQuestionMemory::apply(FusedQuestionMemory spec, const std::vector<Tensor>& inputs) {
  TORCH_CHECK(inputs.size() == kInputs, "FusedQuestionMemory: want ", static_cast<size_t>(kInputs),
              " inputs, got ", inputs.size());
  return fusion::apply(std::make_shared<FusedQuestionMemoryOperator>(std::move(spec)), inputs)[0];
}

}  // namespace vidqa::models
