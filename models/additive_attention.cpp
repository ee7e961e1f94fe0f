#include "models/additive_attention.h"

#include <memory>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "fusion/fused_operator.h"
#include "models/cpu/additive_attention_rows.h"

namespace vidqa::models {
namespace {

using torch::Tensor;

class AdditiveAttentionOperator : public fusion::FusedOperator {
  enum Input : size_t { kKeys, kValues, kQuery, kVector };

 public:
  explicit AdditiveAttentionOperator(RowLayout layout) : layout_(std::move(layout)) {}

  std::string name() const override { return "AdditiveAttention"; }

  std::vector<Tensor> forward(const std::vector<Tensor>& inputs, bool /*keep*/) override {
    weights_ = torch::empty({layout_.rows()}, inputs[kKeys].options());
    Tensor result =
        torch::empty({layout_.sequences(), inputs[kValues].size(1)}, inputs[kKeys].options());
    AT_DISPATCH_FLOATING_TYPES(weights_.scalar_type(), "AdditiveAttention", [&] {
      for_sequences([&](int64_t n) {
        cpu::attend_rows(of<scalar_t>(inputs, n), weights_.data_ptr<scalar_t>() + layout_.offset(n),
                         result.data_ptr<scalar_t>() + n * result.size(1));
      });
    });
    return {result};
  }

  std::vector<Tensor> backward(const Pass& pass) override {
    const Tensor d_result = pass.gradients[0].contiguous();
    const Tensor d_keys = torch::empty_like(pass.inputs[kKeys]);
    const Tensor d_values = torch::empty_like(pass.inputs[kValues]);
    const Tensor d_query = torch::empty_like(pass.inputs[kQuery]);
    const Tensor d_vectors = torch::empty_like(d_query);  // by sequence
    const Tensor scratch = torch::empty_like(weights_);
    AT_DISPATCH_FLOATING_TYPES(weights_.scalar_type(), "AdditiveAttention", [&] {
      for_sequences([&](int64_t n) {
        const int64_t row = layout_.offset(n);
        cpu::attend_rows_backward(of<scalar_t>(pass.inputs, n), weights_.data_ptr<scalar_t>() + row,
                                  d_result.data_ptr<scalar_t>() + n * d_result.size(1),
                                  {d_keys.data_ptr<scalar_t>() + row * d_keys.size(1),
                                   d_values.data_ptr<scalar_t>() + row * d_values.size(1),
                                   d_query.data_ptr<scalar_t>() + n * d_query.size(1),
                                   d_vectors.data_ptr<scalar_t>() + n * d_query.size(1)},
                                  scratch.data_ptr<scalar_t>() + row);
      });
    });
    return {d_keys, d_values, d_query, d_vectors.sum(0)};
  }

 private:
  template <typename T>
  cpu::AdditiveAttention<T> of(const std::vector<Tensor>& inputs, int64_t n) const {
    const int64_t key_width = inputs[kKeys].size(1);
    const int64_t value_width = inputs[kValues].size(1);
    return {layout_.length(n),
            key_width,
            value_width,
            inputs[kKeys].data_ptr<T>() + layout_.offset(n) * key_width,
            inputs[kValues].data_ptr<T>() + layout_.offset(n) * value_width,
            inputs[kQuery].data_ptr<T>() + n * key_width,
            inputs[kVector].data_ptr<T>()};
  }

  template <typename Body>
  void for_sequences(Body body) const {
    at::parallel_for(0, layout_.sequences(), 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) body(n);
    });
  }

  RowLayout layout_;
  Tensor weights_;  ///< (R)
};

}  // namespace

Tensor attend_additively(const RowLayout& layout, const Tensor& keys, const Tensor& values,
                         const Tensor& query, const Tensor& vector) {
  if (!fusion::has_cpu_kernels(keys)) {
    const Sequence padded = {layout.pad(values), layout.valid(values.device())};
    return compose_additive_attention(layout.pad(keys), padded, query, vector);
  }
  return fusion::apply(
      std::make_shared<AdditiveAttentionOperator>(layout),
      {keys.contiguous(), values.contiguous(), query.contiguous(), vector.contiguous()})[0];
}

Tensor additive_scores(const Tensor& keys, const Tensor& query, const Tensor& vector) {
  return torch::matmul((keys + query.unsqueeze(1)).tanh(), vector);
}

Tensor compose_additive_attention(const Tensor& keys, const Sequence& values, const Tensor& query,
                                  const Tensor& vector) {
  return softmax_sum(additive_scores(keys, query, vector), values);
}

}  // namespace vidqa::models
