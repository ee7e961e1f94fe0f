#include "fusion/block.h"

#include <torch/torch.h>

#include "fusion/dropout.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {
namespace {

torch::nn::ModuleList merge_linears(const std::vector<int64_t>& sizes, int64_t rank) {
  torch::nn::ModuleList list;
  for (const int64_t width : sizes) list->push_back(torch::nn::Linear(width, rank * width));
  return list;
}

}  // namespace

void BlockOptions::bind(SpecReader& spec) {
  spec.bind("mm_dim", mm_dim_);
  spec.bind("chunks", chunks_);
  spec.bind("rank", rank_);
  spec.bind("shared", shared_);
  spec.bind("pos_norm", pos_norm_, pos_norm_choices());
  spec.bind_dropout({{"dropout_input", &dropout_input_},
                     {"dropout_pre_lin", &dropout_pre_lin_},
                     {"dropout_output", &dropout_output_}});
}

double BlockOptions::num_parameters() const {
  const ChunkSplit split(mm_dim_, chunks_);
  const auto merge = [&](int64_t width) {
    return linear_parameters(width, static_cast<double>(rank_) * static_cast<double>(width));
  };
  const double merges = static_cast<double>(split.num_wide) * merge(split.wide) +
                        static_cast<double>(split.num_narrow) * merge(split.narrow);
  const double second = shared_ ? 0 : linear_parameters(dims_.y, mm_dim_) + merges;
  return linear_parameters(dims_.x, mm_dim_) + merges + second +
         linear_parameters(mm_dim_, dims_.out);
}

BlockImpl::BlockImpl(const BlockOptions& options)
    : Fusion(options.dims(), kName), options(options) {
  check_positive(
      kName,
      {{"mm_dim", options.mm_dim()}, {"chunks", options.chunks()}, {"rank", options.rank()}});
  check_chunks(kName, options.mm_dim(), options.chunks());
  check_shared(kName, options.shared(), dims());
  check_dropout(kName, {{"dropout_input", options.dropout_input()},
                        {"dropout_pre_lin", options.dropout_pre_lin()},
                        {"dropout_output", options.dropout_output()}});
  check_mm_dim(kName, options);
  const int64_t m = options.mm_dim();
  sizes_ = ChunkSplit(m, options.chunks()).sizes();
  linear0_ = register_module("linear0", torch::nn::Linear(dims().x, m));
  merge_linears0_ = register_module("merge_linears0", merge_linears(sizes_, options.rank()));
  if (options.shared()) {
    linear1_ = linear0_;
    merge_linears1_ = merge_linears0_;
  } else {
    linear1_ = register_module("linear1", torch::nn::Linear(dims().y, m));
    merge_linears1_ = register_module("merge_linears1", merge_linears(sizes_, options.rank()));
  }
  linear_out_ = register_module("linear_out", torch::nn::Linear(m, dims().out));
}

torch::Tensor BlockImpl::forward(const torch::Tensor& x, const torch::Tensor& y) {
  check_inputs(x, y);
  const torch::Tensor u = drop(linear0_(x), options.dropout_input(), is_training());  // (..., m)
  const torch::Tensor v = drop(linear1_(y), options.dropout_input(), is_training());
  const std::vector<torch::Tensor> us = u.split_with_sizes(sizes_, -1);
  const std::vector<torch::Tensor> vs = v.split_with_sizes(sizes_, -1);
  std::vector<torch::Tensor> zs;
  for (size_t c = 0; c < sizes_.size(); ++c) {
    const torch::Tensor products =
        merge_linears0_->at<torch::nn::LinearImpl>(c).forward(us[c]) *
        merge_linears1_->at<torch::nn::LinearImpl>(c).forward(vs[c]);           // (..., rank w)
    zs.push_back(products.unflatten(-1, {options.rank(), sizes_[c]}).sum(-2));  // (..., w)
  }
  torch::Tensor z = normalize_and_join(std::move(zs), options.pos_norm());
  z = drop(z, options.dropout_pre_lin(), is_training());
  return drop(linear_out_(z), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion
