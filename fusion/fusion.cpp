#include "fusion/fusion.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <type_traits>

#include <c10/util/Exception.h>

#include "fusion/block.h"
#include "fusion/block_tucker.h"
#include "fusion/concat_mlp.h"
#include "fusion/linear_sum.h"
#include "fusion/mcb.h"
#include "fusion/mfb.h"
#include "fusion/mfh.h"
#include "fusion/mlb.h"
#include "fusion/mutan.h"
#include "fusion/spec_reader.h"
#include "fusion/tucker.h"

namespace vidqa::fusion {
namespace {

template <typename Impl>
FusionPtr make(const FusionSpec& spec, FusionDims dims) {
  std::remove_const_t<decltype(Impl::options)> options(dims);
  SpecReader reader(Impl::kName, spec.options);
  options.bind(reader);
  reader.reject_unknown_keys();
  return std::make_shared<Impl>(options);
}

template <typename Impl>
FusionEntry entry(const std::string& summary, const std::string& paper) {
  std::remove_const_t<decltype(Impl::options)> options{FusionDims{}};
  SpecReader reader(Impl::kName, {});
  options.bind(reader);
  return {Impl::kName, summary, paper, reader.keys(), &make<Impl>};
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

Fusion::Fusion(FusionDims dims, const std::string& name) : torch::nn::Module(name), dims_(dims) {
  TORCH_CHECK(dims.x > 0 && dims.y > 0 && dims.out > 0, name,
              ": the widths of x, y and the output must be positive, got ", dims.x, ", ", dims.y,
              " and ", dims.out);
}

void Fusion::check_inputs(const torch::Tensor& x, const torch::Tensor& y) const {
  TORCH_CHECK(x.dim() > 0 && x.size(-1) == dims_.x, name(), ": the last dimension of x must be ",
              dims_.x, ", got shape ", x.sizes());
  TORCH_CHECK(y.dim() > 0 && y.size(-1) == dims_.y, name(), ": the last dimension of y must be ",
              dims_.y, ", got shape ", y.sizes());
  TORCH_CHECK(x.sizes().slice(0, x.dim() - 1) == y.sizes().slice(0, y.dim() - 1), name(),
              ": x and y must have the same leading dimensions, got shapes ", x.sizes(), " and ",
              y.sizes());
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
  };
  return table;
}

}  // namespace vidqa::fusion
