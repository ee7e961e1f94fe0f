#include "fusion/block_tucker.h"

#include <torch/torch.h>

#include "fusion/dropout.h"
#include "fusion/functional.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {

void BlockTuckerOptions::bind(SpecReader& spec) {
  spec.bind("mm_dim", mm_dim_);
  spec.bind("chunks", chunks_);
  spec.bind("shared", shared_);
  spec.bind("pos_norm", pos_norm_, pos_norm_choices());
  spec.bind_dropout({{"dropout_input", &dropout_input_},
                     {"dropout_pre_lin", &dropout_pre_lin_},
                     {"dropout_output", &dropout_output_}});
}

double BlockTuckerOptions::num_parameters() const {
  const ChunkSplit split(mm_dim_, chunks_);
  const auto core = [](int64_t width) {
    const auto w = static_cast<double>(width);
    return w * w * w + w;
  };
  return linear_parameters(dims_.x, mm_dim_) + (shared_ ? 0 : linear_parameters(dims_.y, mm_dim_)) +
         static_cast<double>(split.num_wide) * core(split.wide) +
         static_cast<double>(split.num_narrow) * core(split.narrow) +
         linear_parameters(mm_dim_, dims_.out);
}

BlockTuckerImpl::BlockTuckerImpl(const BlockTuckerOptions& options)
    : Fusion(options.dims(), kName), options(options) {
  check_positive(kName, {{"mm_dim", options.mm_dim()}, {"chunks", options.chunks()}});
  check_chunks(kName, options.mm_dim(), options.chunks());
  check_shared(kName, options.shared(), dims());
  check_dropout(kName, {{"dropout_input", options.dropout_input()},
                        {"dropout_pre_lin", options.dropout_pre_lin()},
                        {"dropout_output", options.dropout_output()}});
  check_mm_dim(kName, options);
  const int64_t m = options.mm_dim();
  sizes_ = ChunkSplit(m, options.chunks()).sizes();
  linear0_ = register_module("linear0", torch::nn::Linear(dims().x, m));
  linear1_ =
      options.shared() ? linear0_ : register_module("linear1", torch::nn::Linear(dims().y, m));
  register_module("bilinears", bilinears_);
  for (const int64_t w : sizes_)
    bilinears_->push_back(torch::nn::Bilinear(torch::nn::BilinearOptions(w, w, w)));
  linear_out_ = register_module("linear_out", torch::nn::Linear(m, dims().out));
}

torch::Tensor BlockTuckerImpl::forward(const torch::Tensor& x, const torch::Tensor& y) {
  check_inputs(x, y);
  const torch::Tensor u = drop(linear0_(x), options.dropout_input(), is_training());  // (..., m)
  const torch::Tensor v = drop(linear1_(y), options.dropout_input(), is_training());
  const std::vector<torch::Tensor> us = u.split_with_sizes(sizes_, -1);
  const std::vector<torch::Tensor> vs = v.split_with_sizes(sizes_, -1);
  std::vector<torch::Tensor> zs;
  for (size_t c = 0; c < sizes_.size(); ++c) {
    const auto& core = bilinears_->at<torch::nn::BilinearImpl>(c);
    zs.push_back(bilinear_form(us[c], vs[c], core.weight, core.bias));  // (..., w)
  }
  torch::Tensor z = normalize_and_join(std::move(zs), options.pos_norm());
  z = drop(z, options.dropout_pre_lin(), is_training());
  return drop(linear_out_(z), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion
