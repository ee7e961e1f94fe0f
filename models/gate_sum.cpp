#include "models/gate_sum.h"

#include <memory>
#include <utility>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "fusion/fused_operator.h"
#include "models/ragged_attention.h"

namespace vidqa::models {
namespace {

using torch::Tensor;

/// Rows of all sequences of question b.
Tensor rows_of_question(const RowLayout& contexts, int64_t fan, const Tensor& rows, int64_t b) {
  return rows.narrow(0, contexts.offset(b) * fan, contexts.length(b) * fan);
}

/// body(b) for every question, in several threads; gradients are not recorded within.
template <typename Body>
void for_questions(const RowLayout& contexts, Body body) {
  at::parallel_for(0, contexts.sequences(), 1, [&](int64_t begin, int64_t end) {
    const torch::NoGradGuard no_grad;
    for (int64_t b = begin; b < end; ++b) body(b);
  });
}

class GateSumOperator : public fusion::FusedOperator {
 public:
  explicit GateSumOperator(GateSum spec) : spec_(std::move(spec)) {}

  std::string name() const override { return "GateSum"; }

  bool reads_input(size_t input) const override { return input != GateSum::kShared || is_row_; }

  std::vector<Tensor> forward(const std::vector<Tensor>& inputs, bool /*keep*/) override {
    is_row_ = inputs[GateSum::kShared].dim() == 1;
    return {spec_.forward(inputs)};
  }

  std::vector<Tensor> backward(const Pass& pass) override {
    std::vector<Tensor> gradients(pass.inputs.size());
    spec_.backward(pass.inputs, pass.gradients[0].contiguous(), pass.needed, gradients);
    return gradients;
  }

 private:
  GateSum spec_;
  bool is_row_ = false;  ///< kShared is (G)
};

}  // namespace

Tensor GateSum::forward(const std::vector<Tensor>& inputs) const {
  const Tensor& shared = inputs[kShared];
  const int64_t width = shared.size(-1);
  Tensor gates = torch::empty({contexts.rows() * fan, width}, shared.options());
  for_questions(contexts, [&](int64_t b) {
    const Tensor from = shared.dim() == 1 ? shared : contexts.of(shared, b);
    rows_of_question(contexts, fan, gates, b).view({fan, contexts.length(b), width}).copy_(from);
  });
  if (inputs[kRows].defined()) torch::addmm_out(gates, gates, inputs[kRows], inputs[kWeight].t());
  if (!inputs[kMix].defined()) return gates;
  const MixLayout mixes = {contexts, fan, texts};
  const std::vector<int64_t> offsets = mixes.offsets();
  for_questions(contexts, [&](int64_t b) {
    for (int64_t n = b * fan; n < (b + 1) * fan; ++n) {
      Tensor rows = mixes.rows_of(gates, n);
      rows.addmm_(mixes.of(inputs[kMix], n, offsets), texts.of(inputs[kWords], n));
    }
  });
  return gates;
}

void GateSum::backward(const std::vector<Tensor>& inputs, const Tensor& d_gates,
                       const std::vector<bool>& needed, std::vector<Tensor>& gradients) const {
  const int64_t width = d_gates.size(1);
  if (needed[kShared]) {
    if (inputs[kShared].defined()) {  // (G)
      gradients[kShared] = d_gates.sum(0);
    } else if (fan == 1) {
      gradients[kShared] = d_gates;
    } else {
      gradients[kShared] = torch::empty({contexts.rows(), width}, d_gates.options());
      for_questions(contexts, [&](int64_t b) {
        Tensor to = contexts.of(gradients[kShared], b);
        const Tensor all =
            rows_of_question(contexts, fan, d_gates, b).view({fan, contexts.length(b), width});
        torch::sum_out(to, all, 0);
      });
    }
  }
  if (inputs[kRows].defined()) {
    if (needed[kRows]) gradients[kRows] = d_gates.mm(inputs[kWeight]);
    if (needed[kWeight]) gradients[kWeight] = d_gates.t().mm(inputs[kRows]);
  }
  if (!inputs[kMix].defined()) return;
  const MixLayout mixes = {contexts, fan, texts};
  const std::vector<int64_t> offsets = mixes.offsets();
  if (needed[kMix]) gradients[kMix] = torch::empty_like(inputs[kMix]);
  if (needed[kWords]) gradients[kWords] = torch::empty_like(inputs[kWords]);
  for_questions(contexts, [&](int64_t b) {
    for (int64_t n = b * fan; n < (b + 1) * fan; ++n) {
      const Tensor d_rows = mixes.rows_of(d_gates, n);
      if (needed[kMix]) {
        Tensor to = mixes.of(gradients[kMix], n, offsets);
        torch::mm_out(to, d_rows, texts.of(inputs[kWords], n).t());
      }
      if (needed[kWords]) {
        Tensor to = texts.of(gradients[kWords], n);
        torch::mm_out(to, mixes.of(inputs[kMix], n, offsets).t(), d_rows);
      }
    }
  });
}

Tensor GateSum::apply(GateSum spec, const std::vector<Tensor>& inputs) {
  return fusion::apply(std::make_shared<GateSumOperator>(std::move(spec)), inputs)[0];
}

}  // namespace vidqa::models
