#include "models/ragged_attention.h"

#include <limits>
#include <memory>
#include <utility>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "fusion/fused_operator.h"

namespace vidqa::models {
namespace {

using torch::Tensor;

class AttendOperator : public fusion::FusedOperator {
  enum Input : size_t { kContext, kWords };
  enum Output : size_t { kMix, kText };

 public:
  explicit AttendOperator(MixLayout layout)
      : layout_(std::move(layout)), offsets_(layout_.offsets()) {}

  std::string name() const override { return "Attend"; }
  bool reads_outputs() const override { return true; }

  std::vector<Tensor> forward(const std::vector<Tensor>& inputs, bool /*keep*/) override {
    const Tensor& context = inputs[kContext];
    Tensor mix = torch::empty({offsets_.back()}, context.options());
    Tensor text =
        torch::empty({layout_.contexts.rows() * layout_.fan, context.size(1)}, context.options());
    for_sequences([&](int64_t n) {
      const Tensor words = layout_.texts.of(inputs[kWords], n);
      Tensor weights = layout_.of(mix, n, offsets_);
      torch::softmax_out(weights, context_of(context, n).mm(words.t()), 1);
      Tensor mixed = layout_.rows_of(text, n);
      torch::mm_out(mixed, weights, words);
    });
    return {mix, text};
  }

  std::vector<Tensor> backward(const Pass& pass) override {
    const Tensor& words = pass.inputs[kWords];
    const Tensor d_text =
        pass.gradients[kText].defined() ? pass.gradients[kText].contiguous() : Tensor();
    Tensor d_context = torch::zeros_like(pass.inputs[kContext]);
    Tensor d_words = torch::empty_like(words);
    for_sequences([&](int64_t n) {
      const Tensor own_words = layout_.texts.of(words, n);
      const Tensor weights = layout_.of(pass.outputs[kMix], n, offsets_);
      Tensor d_weights =
          pass.gradients[kMix].defined() ? layout_.of(pass.gradients[kMix], n, offsets_) : Tensor();
      Tensor d_own_words = layout_.texts.of(d_words, n);
      if (d_text.defined()) {
        const Tensor d_own = layout_.rows_of(d_text, n);
        const Tensor through_text = d_own.mm(own_words.t());
        d_weights = d_weights.defined() ? through_text + d_weights : through_text;
        torch::mm_out(d_own_words, weights.t(), d_own);
      } else {
        d_own_words.zero_();
      }
      // Softmax backward: dS = A (dA - rowsum(A dA)).
      const Tensor weighted = weights * d_weights;
      const Tensor d_scores = torch::addcmul(weighted, weights, weighted.sum(1, true), -1);
      context_of(d_context, n).addmm_(d_scores, own_words);
      d_own_words.addmm_(d_scores.t(), context_of(pass.inputs[kContext], n));
    });
    return {d_context, d_words};
  }

 private:
  Tensor context_of(const Tensor& context, int64_t n) const {
    return layout_.contexts.of(context, n / layout_.fan);
  }

  /// body(n); the texts of a clip in one thread, since they add to the same gradient.
  template <typename Body>
  void for_sequences(Body body) const {
    at::parallel_for(0, layout_.contexts.sequences(), 1, [&](int64_t begin, int64_t end) {
      const torch::NoGradGuard no_grad;
      for (int64_t n = begin * layout_.fan; n < end * layout_.fan; ++n) body(n);
    });
  }

  MixLayout layout_;
  std::vector<int64_t> offsets_;
};

}  // namespace

std::vector<int64_t> MixLayout::offsets() const {
  std::vector<int64_t> offsets = {0};
  for (int64_t n = 0; n < texts.sequences(); ++n)
    offsets.push_back(offsets.back() + length(n) * texts.length(n));
  return offsets;
}

AttendedText attend_padded(const MixLayout& layout, const Tensor& context, const Tensor& words) {
  const RowLayout sequences = layout.contexts.repeated(layout.fan);
  const Tensor steps = sequences.pad(layout.contexts.repeat(context, layout.fan));  // (N, T, d)
  const Tensor padded_words = layout.texts.pad(words);                              // (N, L, d)
  const Tensor no_word = layout.texts.valid(words.device()).logical_not().unsqueeze(1);
  const Tensor mix = steps.bmm(padded_words.transpose(1, 2))
                         .masked_fill(no_word, -std::numeric_limits<double>::infinity())
                         .softmax(2);  // (N, T, L)
  const Tensor text = sequences.unpad(mix.bmm(padded_words));
  std::vector<Tensor> flat;
  for (int64_t n = 0; n < sequences.sequences(); ++n)
    flat.push_back(
        mix[n].narrow(0, 0, layout.length(n)).narrow(1, 0, layout.texts.length(n)).flatten());
  return {torch::cat(flat), text};
}

AttendedText attend(const MixLayout& layout, const Tensor& context, const Tensor& words) {
  TORCH_CHECK(layout.texts.sequences() == layout.contexts.sequences() * layout.fan,
              "attend: ", layout.contexts.sequences(), " clips with ", layout.fan,
              " texts each, got ", layout.texts.sequences(), " texts");
  if (!fusion::has_cpu_kernels(context)) return attend_padded(layout, context, words);
  const auto outputs = fusion::apply(std::make_shared<AttendOperator>(layout),
                                     {context.contiguous(), words.contiguous()});
  return {outputs[0], outputs[1]};
}

}  // namespace vidqa::models
