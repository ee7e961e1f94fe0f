#include "fusion/fusion.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include <c10/util/Exception.h>
#include <c10/util/accumulate.h>

#include "fusion/block.h"
#include "fusion/block_tucker.h"
#include "fusion/concat_mlp.h"
#include "fusion/cross_attention.h"
#include "fusion/film.h"
#include "fusion/fused_operator.h"
#include "fusion/gmu.h"
#include "fusion/heuristic_matching.h"
#include "fusion/linear_sum.h"
#include "fusion/lmf.h"
#include "fusion/mcb.h"
#include "fusion/mfb.h"
#include "fusion/mfh.h"
#include "fusion/mlb.h"
#include "fusion/mutan.h"
#include "fusion/phm.h"
#include "fusion/spec_reader.h"
#include "fusion/tucker.h"

namespace vidqa::fusion {
namespace {

template <typename Impl>
FusionPtr make(const FusionSpec& spec, FusionDims dims) {
  typename Impl::Options options(dims);
  SpecReader reader(Impl::kName, spec.options);
  options.bind(reader);
  reader.reject_unknown_keys();
  return std::make_shared<Impl>(options);
}

template <typename Impl>
Cost cost(const FusionSpec& spec, FusionDims dims) {
  typename Impl::Options options(dims);
  SpecReader reader(Impl::kName, spec.options);
  options.bind(reader);
  reader.reject_unknown_keys();
  options.validate();
  return options.cost();
}

template <typename Impl>
FusionEntry entry(const std::string& summary, const std::string& paper) {
  typename Impl::Options options{FusionDims{}};
  SpecReader reader(Impl::kName, {});
  options.bind(reader);
  return {Impl::kName, summary, paper, Impl::kGranularity, reader.keys(), &make<Impl>, &cost<Impl>};
}

/// `ConcatMLP`, `concat_mlp` and `concat` are one name.
std::string canonical(const std::string& name) {
  std::string result;
  for (const unsigned char c : name) {
    if (c != '_') result += static_cast<char>(std::tolower(c));
  }
  return result == "concat" ? "concatmlp" : result;
}

}  // namespace

Fusion::Fusion(FusionDims dims, const std::string& name, Granularity granularity)
    : torch::nn::Module(name), dims_(dims), granularity_(granularity) {
  TORCH_CHECK(dims.x > 0 && dims.y > 0 && dims.out > 0, name,
              ": the widths of x, y and the output must be positive, got ", dims.x, ", ", dims.y,
              " and ", dims.out);
}

torch::Tensor Fusion::forward(const torch::Tensor& x, const torch::Tensor& y,
                              const torch::Tensor& y_mask) {
  check_inputs(x, y, y_mask);
  if (granularity_ == Granularity::kSequence) return compose_sequences(x, y, y_mask);
  const auto is_alike = [&](const torch::Tensor& other) {
    return other.device() == x.device() && other.scalar_type() == x.scalar_type();
  };
  const std::vector<torch::Tensor> parameters = this->parameters();
  if (!has_cpu_kernels(x) || !has_kernel() || !is_alike(y) ||
      !std::all_of(parameters.begin(), parameters.end(), is_alike))
    return compose(x, y);
  std::vector<int64_t> shape = x.sizes().vec();
  const int64_t rows = c10::multiply_integers(shape.begin(), shape.end() - 1);
  shape.back() = dims_.out;
  return fuse(x.reshape({rows, dims_.x}).contiguous(), y.reshape({rows, dims_.y}).contiguous())
      .view(shape);
}

torch::Tensor Fusion::fuse(const torch::Tensor& /*x*/, const torch::Tensor& /*y*/) {
  TORCH_CHECK(false, name(), ": has no kernel");
}

torch::Tensor Fusion::compose_sequences(const torch::Tensor& /*x*/, const torch::Tensor& /*y*/,
                                        const torch::Tensor& /*y_mask*/) {
  TORCH_CHECK(false, name(), ": is not per sequence");
}

void Fusion::check_inputs(const torch::Tensor& x, const torch::Tensor& y,
                          const torch::Tensor& y_mask) const {
  TORCH_CHECK(x.dim() > 0 && x.size(-1) == dims_.x, name(), ": the last dimension of x must be ",
              dims_.x, ", got shape ", x.sizes());
  TORCH_CHECK(y.dim() > 0 && y.size(-1) == dims_.y, name(), ": the last dimension of y must be ",
              dims_.y, ", got shape ", y.sizes());
  const int64_t own = granularity_ == Granularity::kSequence ? 2 : 1;  // dimensions of x and y each
  TORCH_CHECK(x.dim() >= own && y.dim() >= own, name(),
              ": needs sequences (..., steps, width), got shapes ", x.sizes(), " and ", y.sizes());
  TORCH_CHECK(x.sizes().slice(0, x.dim() - own) == y.sizes().slice(0, y.dim() - own), name(),
              ": x and y must have the same leading dimensions, got shapes ", x.sizes(), " and ",
              y.sizes());
  TORCH_CHECK(!y_mask.defined() || y_mask.sizes() == y.sizes().slice(0, y.dim() - 1), name(),
              ": the mask must have the shape of y without its last dimension, got shapes ",
              y_mask.defined() ? y_mask.sizes() : torch::IntArrayRef(), " and ", y.sizes());
}

FusionSpec FusionSpec::parse(const std::string& text) {
  const std::string form = "fusion spec '" + text + "': must be NAME or NAME:KEY=VALUE,...";
  const size_t colon = text.find(':');
  FusionSpec spec;
  spec.name = text.substr(0, colon);
  TORCH_CHECK(!spec.name.empty(), form, "; the name is missing");
  for (size_t begin = colon; begin != std::string::npos;) {
    const size_t end = text.find(',', ++begin);
    const std::string item = text.substr(begin, end == std::string::npos ? end : end - begin);
    const size_t equals = item.find('=');
    TORCH_CHECK(equals != std::string::npos && equals > 0 && equals + 1 < item.size(), form,
                "; got '", item, "' where KEY=VALUE belongs");
    const bool is_new =
        spec.options.emplace(item.substr(0, equals), item.substr(equals + 1)).second;
    TORCH_CHECK(is_new, form, "; key '", item.substr(0, equals), "' is given twice");
    begin = end;
  }
  return spec;
}

std::string FusionSpec::str() const {
  std::string text = name;
  char separator = ':';
  for (const auto& [key, value] : options) {
    text += separator + key + '=' + value;
    separator = ',';
  }
  return text;
}

std::vector<std::string> split_specs(const std::string& list) {
  std::vector<std::string> specs;
  std::istringstream stream(list);
  for (std::string piece; std::getline(stream, piece, ',');) {
    TORCH_CHECK(!piece.empty(), "fusion list: empty name in '", list, "'");
    const bool continues = !specs.empty() && piece.find('=') != std::string::npos &&
                           piece.find(':') == std::string::npos;
    if (continues) {
      specs.back() += ',' + piece;
    } else {
      specs.push_back(piece);
    }
  }
  TORCH_CHECK(!specs.empty(), "fusion list: must name at least one fusion");
  return specs;
}

FusionPtr make_fusion(const std::string& spec, FusionDims dims) {
  const FusionSpec parsed = FusionSpec::parse(spec);
  return find_fusion(parsed.name).make(parsed, dims);
}

Cost fusion_cost(const std::string& spec, FusionDims dims) {
  const FusionSpec parsed = FusionSpec::parse(spec);
  return find_fusion(parsed.name).cost(parsed, dims);
}

const FusionEntry& find_fusion(const std::string& name) {
  std::ostringstream accepted;
  for (const FusionEntry& row : fusion_table()) {
    if (canonical(row.name) == canonical(name)) return row;
    accepted << (accepted.tellp() > 0 ? ", " : "") << row.name;
  }
  TORCH_CHECK(false, "fusion: unknown name '", name, "'; accepted: ", accepted.str());
}

const std::vector<FusionEntry>& fusion_table() {
  static const std::vector<FusionEntry> table = {
      entry<LinearSumImpl>("sum of two projections",
                           "linear baseline of Ben-younes et al., AAAI 2019, arXiv 1902.00038"),
      entry<ConcatMLPImpl>("concatenation, then a multi-layer perceptron",
                           "baseline of Ben-younes et al., AAAI 2019, arXiv 1902.00038"),
      entry<MCBImpl>("outer product compressed by count sketches",
                     "Fukui et al., EMNLP 2016, arXiv 1606.01847"),
      entry<MLBImpl>("elementwise product of two projections",
                     "Kim et al., ICLR 2017, arXiv 1610.04325"),
      entry<MFBImpl>("product of two wide projections, summed in groups",
                     "Yu et al., ICCV 2017, arXiv 1708.01471"),
      entry<MFHImpl>("cascade of two MFB blocks", "Yu et al., TNNLS 2018, arXiv 1708.03619"),
      entry<MutanImpl>("Tucker decomposition whose core has slices of low rank",
                       "Ben-younes et al., ICCV 2017, arXiv 1705.06676"),
      entry<TuckerImpl>("Tucker decomposition with a full core",
                        "full-core form in Ben-younes et al., ICCV 2017, arXiv 1705.06676"),
      entry<BlockImpl>("block-term decomposition, blocks of low rank",
                       "Ben-younes et al., AAAI 2019, arXiv 1902.00038"),
      entry<BlockTuckerImpl>("block-term decomposition, full blocks",
                             "Ben-younes et al., AAAI 2019, arXiv 1902.00038"),
      entry<HeuristicMatchingImpl>("concatenation with product and distance, then an MLP",
                                   "Mou et al., ACL 2016, arXiv 1512.08422"),
      entry<LMFImpl>("outer product with ones, weights of low rank",
                     "Liu et al., ACL 2018, arXiv 1806.00064"),
      entry<FiLMImpl>("y scales and shifts the features of x",
                      "Perez et al., AAAI 2018, arXiv 1709.07871"),
      entry<GMUImpl>("a gate for every feature weighs both inputs",
                     "Arevalo et al., ICLR 2017 workshop, arXiv 1702.01992"),
      entry<PHMImpl>("product of two projections, weights of Kronecker products",
                     "Zhang et al., ICLR 2021, arXiv 2102.08597"),
      entry<CrossAttentionImpl>("multi-head attention of x over y",
                                "Vaswani et al., NIPS 2017, arXiv 1706.03762"),
  };
  return table;
}

}  // namespace vidqa::fusion
