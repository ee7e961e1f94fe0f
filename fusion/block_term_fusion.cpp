#include "fusion/block_term_fusion.h"

#include <algorithm>
#include <string>

#include <torch/torch.h>

#include "fusion/cost.h"
#include "fusion/dropout.h"
#include "fusion/functional.h"
#include "fusion/fused_block_term.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {
namespace {

using torch::Tensor;
using torch::nn::Bilinear;
using torch::nn::BilinearOptions;
using torch::nn::Linear;
using torch::nn::ModuleList;

constexpr int64_t kPublishedChunks = 20;

double core_parameters(const BlockTermOptions& options, int64_t width) {
  const auto w = static_cast<double>(width);
  if (!options.kind().has_low_rank) return w * w * w + w;
  const double one = linear_parameters(w, w * static_cast<double>(options.rank()));
  return options.shared() ? one : 2 * one;
}

}  // namespace

BlockTermOptions::BlockTermOptions(FusionDims dims, const BlockTermKind& kind)
    : dims_(dims), chunks_(kind.has_chunks ? kPublishedChunks : 1), kind_(&kind) {}

void BlockTermOptions::bind(SpecReader& spec) {
  spec.bind("mm_dim", mm_dim_);
  if (kind_->has_chunks) spec.bind("chunks", chunks_);
  if (kind_->has_low_rank) spec.bind("rank", rank_);
  if (kind_->can_share) spec.bind("shared", shared_);
  if (kind_->has_chunks) {
    spec.bind("pos_norm", pos_norm_, pos_norm_choices());
  } else {
    spec.bind("normalize", normalize_);
  }
  spec.bind_dropout({{"dropout_input", &dropout_input_},
                     {"dropout_pre_lin", &dropout_pre_lin_},
                     {"dropout_output", &dropout_output_}});
}

void BlockTermOptions::validate() const {
  check_positive(kind_->name, {{"mm_dim", mm_dim_}, {"chunks", chunks_}, {"rank", rank_}});
  check_chunks(kind_->name, mm_dim_, chunks_);
  check_shared(kind_->name, shared_, dims_);
  check_dropout(kind_->name, {{"dropout_input", dropout_input_},
                              {"dropout_pre_lin", dropout_pre_lin_},
                              {"dropout_output", dropout_output_}});
}

double BlockTermOptions::num_parameters() const {
  const ChunkSplit split(mm_dim_, chunks_);
  return linear_parameters(dims_.x, mm_dim_) + (shared_ ? 0 : linear_parameters(dims_.y, mm_dim_)) +
         static_cast<double>(split.num_wide) * core_parameters(*this, split.wide) +
         static_cast<double>(split.num_narrow) * core_parameters(*this, split.narrow) +
         linear_parameters(mm_dim_, dims_.out);
}

Cost BlockTermOptions::cost() const {
  const ChunkSplit split(mm_dim_, chunks_);
  const auto m = static_cast<double>(mm_dim_);
  const auto rank = static_cast<double>(rank_);
  const auto core = [&](int64_t width) {
    const auto w = static_cast<double>(width);
    return kind_->has_low_rank ? 2 * rank * w * w + rank * w : w * w * w + w * w;
  };
  Cost cost;
  cost.parameters = num_parameters();
  cost.multiply_adds = linear_multiply_adds(dims_.x, m) + linear_multiply_adds(dims_.y, m) +
                       static_cast<double>(split.num_wide) * core(split.wide) +
                       static_cast<double>(split.num_narrow) * core(split.narrow) +
                       linear_multiply_adds(m, dims_.out);
  const double kept =
      kind_->has_low_rank
          ? 2 * m + rank * m * BlockTermCores::kept_products(chunks_, split.wide, rank_)
          : 0;
  cost.saved_bytes = kBytesPerValue * (m + kept + static_cast<double>(dims_.out));
  return cost;
}

BlockTermFusion::BlockTermFusion(const BlockTermOptions& options)
    : Fusion(options.dims(), options.kind().name), options(options) {
  const BlockTermKind& kind = options.kind();
  options.validate();
  check_mm_dim(kind.name, options);
  const int64_t m = options.mm_dim();
  sizes_ = ChunkSplit(m, options.chunks()).sizes();
  for (const int64_t w : sizes_) {
    Core& core = cores_.emplace_back();
    if (!kind.has_low_rank) {
      core.bilinear = Bilinear(BilinearOptions(w, w, w));
      continue;
    }
    core.merge_x = Linear(w, options.rank() * w);
    core.merge_y = options.shared() ? core.merge_x : Linear(w, options.rank() * w);
  }

  // merge_linear0 and linear0, or merge_linears0.0, merge_linears0.1 and so on
  const auto add_cores = [&](const std::string& one, const std::string& many, auto layer_of) {
    if (!kind.has_chunks) {
      register_module(one, layer_of(cores_[0]));
      return;
    }
    ModuleList list;
    for (const Core& core : cores_) list->push_back(layer_of(core));
    register_module(many, list);
  };
  linear0_ = register_module("linear0", Linear(dims().x, m));
  linear1_ = options.shared() ? linear0_ : register_module("linear1", Linear(dims().y, m));
  if (kind.has_low_rank) {
    add_cores("merge_linear0", "merge_linears0", [](const Core& core) { return core.merge_x; });
    if (!options.shared())
      add_cores("merge_linear1", "merge_linears1", [](const Core& core) { return core.merge_y; });
  } else {
    add_cores("bilinear", "bilinears", [](const Core& core) { return core.bilinear; });
  }
  linear_out_ = register_module("linear_out", Linear(m, dims().out));
}

Tensor BlockTermFusion::fuse(const Tensor& x, const Tensor& y) {
  FusedBlockTerm spec;
  spec.places = DropoutPlaces(is_training());
  spec.rank = options.kind().has_low_rank ? options.rank() : 0;
  if (can_fold(x.size(0))) {
    const Folded folded = fold();
    spec.chunks.push_back({{0, dims().x}, {0, dims().y}, {0, options.mm_dim()}});
    spec.cores.push_back({folded.weight_x, folded.bias_x, folded.weight_y, folded.bias_y});
  } else {
    spec.linear_x = linear0_;
    spec.linear_y = linear1_;
    spec.u.width = spec.v.width = options.mm_dim();
    spec.u.dropout = spec.places.next(options.dropout_input(), options.mm_dim());
    spec.v.dropout = spec.places.next(options.dropout_input(), options.mm_dim());
    int64_t begin = 0;
    for (size_t c = 0; c < cores_.size(); ++c) {
      const BlockTermChunk::Columns columns = {begin, sizes_[c]};
      spec.chunks.push_back({columns, columns, columns});
      begin += sizes_[c];
      const Core& core = cores_[c];
      if (options.kind().has_low_rank) {
        spec.cores.push_back(
            {core.merge_x->weight, core.merge_x->bias, core.merge_y->weight, core.merge_y->bias});
      } else {
        spec.cores.push_back({core.bilinear->weight, core.bilinear->bias, Tensor(), Tensor()});
      }
    }
  }
  spec.z.width = options.mm_dim();
  if (options.kind().has_chunks && options.pos_norm() == PosNorm::kBeforeCat) {
    spec.z.chunks = sizes_;
  } else if (options.kind().has_chunks || options.normalize()) {
    spec.z.chunks = {options.mm_dim()};
  }
  spec.z.dropout = spec.places.next(options.dropout_pre_lin(), options.mm_dim());
  spec.linear_out = linear_out_;
  spec.output.width = dims().out;
  spec.output.dropout = spec.places.next(options.dropout_output(), dims().out);
  return FusedBlockTerm::apply(std::move(spec), x, y);
}

bool BlockTermFusion::can_fold(int64_t rows) const {
  if (!options.kind().has_low_rank || options.kind().has_chunks) return false;
  if (is_training() && options.dropout_input() > 0) return false;
  // Folding takes rank m^2 d multiplications for an input of width d, and saves rank m (m - d) a
  // row.
  const auto pays = [&](int64_t width) {
    return rows * (options.mm_dim() - width) >= options.mm_dim() * width;
  };
  return pays(dims().x) && pays(dims().y);
}

BlockTermFusion::Folded BlockTermFusion::fold() {
  const Core& core = cores_[0];
  const bool keep = !torch::GradMode::is_enabled();
  std::vector<std::pair<const void*, int64_t>> versions;
  if (keep) {
    for (const Linear& layer : {linear0_, linear1_, core.merge_x, core.merge_y}) {
      for (const Tensor& parameter : layer->parameters())
        versions.emplace_back(parameter.data_ptr(), parameter._version());
    }
    if (folded_.weight_x.defined() && folded_.versions == versions) return folded_;
  }
  Folded folded;
  folded.weight_x = core.merge_x->weight.mm(linear0_->weight);
  folded.bias_x = core.merge_x->weight.mv(linear0_->bias) + core.merge_x->bias;
  folded.weight_y = core.merge_y->weight.mm(linear1_->weight);
  folded.bias_y = core.merge_y->weight.mv(linear1_->bias) + core.merge_y->bias;
  folded.versions = std::move(versions);
  if (keep) folded_ = folded;
  return folded;
}

std::vector<Tensor> BlockTermFusion::project_x(const Tensor& x) {
  return drop(linear0_(x), options.dropout_input(), is_training()).split_with_sizes(sizes_, -1);
}

std::vector<Tensor> BlockTermFusion::project_y(const Tensor& y) {
  return drop(linear1_(y), options.dropout_input(), is_training()).split_with_sizes(sizes_, -1);
}

Tensor BlockTermFusion::low_rank_product(size_t chunk, const Tensor& u, const Tensor& v) {
  Core& core = cores_[chunk];
  const Tensor products = core.merge_x(u) * core.merge_y(v);            // (..., rank w)
  return products.unflatten(-1, {options.rank(), u.size(-1)}).sum(-2);  // (..., w)
}

Tensor BlockTermFusion::core_product(size_t chunk, const Tensor& u, const Tensor& v) const {
  const auto& core = *cores_[chunk].bilinear;
  return bilinear_form(u, v, core.weight, core.bias);
}

Tensor BlockTermFusion::output(std::vector<Tensor> chunks) {
  Tensor z = !options.kind().has_chunks && !options.normalize()
                 ? chunks[0]
                 : normalize_and_join(std::move(chunks), options.pos_norm());
  z = drop(z, options.dropout_pre_lin(), is_training());
  return drop(linear_out_(z), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion
