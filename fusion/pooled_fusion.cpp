#include "fusion/pooled_fusion.h"

#include <utility>

#include <torch/torch.h>

#include "fusion/cost.h"
#include "fusion/dropout.h"
#include "fusion/option_checks.h"
#include "fusion/pooled_projection.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {

PooledOptions::PooledOptions(FusionDims dims, const PooledKind& kind)
    : dims_(dims), factor_(kind.has_factor ? 2 : 1), normalize_(kind.normalizes), kind_(&kind) {}

void PooledOptions::bind(SpecReader& spec) {
  spec.bind("mm_dim", mm_dim_);
  if (kind_->has_factor) spec.bind("factor", factor_);
  spec.bind("activ_input", activ_input_);
  spec.bind("activ_output", activ_output_);
  spec.bind("normalize", normalize_);
  spec.bind_dropout({{"dropout_input", &dropout_input_},
                     {kind_->dropout_middle, &dropout_middle_},
                     {"dropout_output", &dropout_output_}});
}

void PooledOptions::validate() const {
  check_positive(kind_->name, {{"mm_dim", mm_dim_}, {"factor", factor_}});
  check_dropout(kind_->name, {{"dropout_input", dropout_input_},
                              {kind_->dropout_middle, dropout_middle_},
                              {"dropout_output", dropout_output_}});
}

double PooledOptions::num_parameters() const {
  const double wide = static_cast<double>(mm_dim_) * static_cast<double>(factor_);
  const double blocks = kind_->num_blocks;
  return blocks * (linear_parameters(dims_.x, wide) + linear_parameters(dims_.y, wide)) +
         linear_parameters(blocks * static_cast<double>(mm_dim_), dims_.out);
}

Cost PooledOptions::cost() const {
  const double wide = static_cast<double>(mm_dim_) * static_cast<double>(factor_);
  const double blocks = kind_->num_blocks;
  const double products =  // each block behind the first also multiplies with what is before it
      kind_->combine == cpu::Combine::kProduct ? (2 * blocks - 1) * wide : 0;
  Cost cost;
  cost.parameters = num_parameters();
  cost.multiply_adds =
      blocks * (linear_multiply_adds(dims_.x, wide) + linear_multiply_adds(dims_.y, wide)) +
      products + linear_multiply_adds(blocks * static_cast<double>(mm_dim_), dims_.out);
  cost.saved_bytes = kBytesPerValue * (2 * blocks * wide + static_cast<double>(dims_.out));
  return cost;
}

PooledFusion::PooledFusion(const PooledOptions& options)
    : Fusion(options.dims(), options.kind().name),
      options(options),
      activ_input_(find_activation(name(), "activ_input", options.activ_input())),
      activ_output_(find_activation(name(), "activ_output", options.activ_output())) {
  const PooledKind& kind = options.kind();
  options.validate();
  check_mm_dim(kind.name, options);
  const auto add_linear = [&](const char* side, int block, int64_t in) {
    // linear0 and linear1, or linear0_0 and linear1_0, then linear0_1 and linear1_1
    const std::string suffix = kind.num_blocks > 1 ? "_" + std::to_string(block) : "";
    return register_module(side + suffix, torch::nn::Linear(in, options.wide()));
  };
  for (int block = 0; block < kind.num_blocks; ++block) {
    Block& pair = blocks_.emplace_back();
    pair.linear_x = add_linear("linear0", block, dims().x);
    pair.linear_y = add_linear("linear1", block, dims().y);
  }
  linear_out_ = register_module("linear_out",
                                torch::nn::Linear(kind.num_blocks * options.mm_dim(), dims().out));
}

bool PooledFusion::has_kernel() const {
  return cpu::has_kernel(activ_input_) && cpu::has_kernel(activ_output_);
}

torch::Tensor PooledFusion::fuse(const torch::Tensor& x, const torch::Tensor& y) {
  const PooledKind& kind = options.kind();
  PooledProjection spec;
  spec.places = DropoutPlaces(is_training());
  spec.linear_out = linear_out_;
  spec.rows.pooled = options.mm_dim();
  spec.rows.factor = options.factor();
  spec.rows.combine = kind.combine;
  spec.rows.normalize = options.normalize();
  spec.rows.activation = activ_input_;
  for (const Block& block : blocks_) {
    auto& places = spec.rows.blocks[spec.blocks.size()];
    spec.blocks.push_back({block.linear_x, block.linear_y});
    places.u = spec.places.next(options.dropout_input(), options.wide());
    places.v = spec.places.next(options.dropout_input(), options.wide());
    if (kind.drops_before_pooling)
      places.t = spec.places.next(options.dropout_middle(), options.wide());
  }
  if (!kind.drops_before_pooling)
    spec.rows.z = spec.places.next(options.dropout_middle(), options.mm_dim());
  spec.output.activation = activ_output_;
  spec.output.dropout = spec.places.next(options.dropout_output(), dims().out);
  return PooledProjection::apply(std::move(spec), x, y);
}

torch::Tensor PooledFusion::project(torch::nn::Linear& linear, const torch::Tensor& x) const {
  return drop(activate(activ_input_, linear(x)), options.dropout_input(), is_training());
}

torch::Tensor PooledFusion::drop_middle(const torch::Tensor& values) const {
  return drop(values, options.dropout_middle(), is_training());
}

torch::Tensor PooledFusion::sum_groups(const torch::Tensor& values) const {
  return values.unflatten(-1, {options.mm_dim(), options.factor()}).sum(-1);
}

torch::Tensor PooledFusion::normalized(const torch::Tensor& z) const {
  return options.normalize() ? signed_sqrt_l2(z) : z;
}

torch::Tensor PooledFusion::output(const torch::Tensor& z) {
  return drop(activate(activ_output_, linear_out_(z)), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion
