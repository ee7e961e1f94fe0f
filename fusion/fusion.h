#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/types.h>

namespace vidqa::fusion {

/// Widths that the place of use dictates: x (..., x), y (..., y) -> (..., out).
struct FusionDims {
  int64_t x = 0;
  int64_t y = 0;
  int64_t out = 0;
};

/// A module that turns two feature vectors into one.
///
/// Row-wise: an output row depends only on the input rows at the same place. Any number of leading
/// dimensions (equal in x and y), empty batches and non-contiguous tensors are accepted.
class Fusion : public torch::nn::Module {
 public:
  /// x (..., dx), y (..., dy) -> (..., dz). Throws c10::Error naming the fusion when a dimension
  /// does not fit.
  virtual torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& y) = 0;

  const FusionDims& dims() const { return dims_; }

 protected:
  /// `name` is what errors call the module.
  explicit Fusion(FusionDims dims, const std::string& name = "fusion");

  /// First line of every forward: throws c10::Error unless x is (..., dx), y is (..., dy) and their
  /// leading dimensions are equal.
  void check_inputs(const torch::Tensor& x, const torch::Tensor& y) const;

 private:
  FusionDims dims_;
};

using FusionPtr = std::shared_ptr<Fusion>;

/// A fusion as a user writes it: `mfb:mm_dim=1600,factor=2,dropout=0.2`.
struct FusionSpec {
  std::string name;
  std::map<std::string, std::string> options;

  /// Throws c10::Error on anything that is not NAME or NAME:KEY=VALUE,...
  static FusionSpec parse(const std::string& text);
  std::string str() const;
};

/// Specs of a comma-separated list, `concat,mfb:mm_dim=16,factor=2,mcb`. A piece KEY=VALUE without
/// a colon belongs to the spec before it, so options need no quoting. Throws c10::Error on an empty
/// piece.
std::vector<std::string> split_specs(const std::string& list);

/// Builds the fusion named by `spec`, and only that one. Keys that are left out have the values
/// with which the operators were compared on video question answering (Winterbottom et al., arXiv
/// 2012.10285), not those of the library that published them. Names ignore case and underscores, so
/// `ConcatMLP` and `concat_mlp` are the same; `concat` is short for `concat_mlp`. Throws c10::Error
/// that lists the accepted names or keys, or, for a size that cannot fit, the parameters and bytes
/// it would need and a smaller size that fits.
FusionPtr make_fusion(const std::string& spec, FusionDims dims);

/// One row of the table from which `--help`, the parametrised tests and the report pick up every
/// fusion.
struct FusionEntry {
  std::string name;
  std::string summary;  ///< one line
  std::string paper;    ///< authors, venue, arXiv id
  std::vector<std::string> keys;
  FusionPtr (*make)(const FusionSpec& spec, FusionDims dims);
};

const std::vector<FusionEntry>& fusion_table();

/// Row of `name`, found as make_fusion finds it; throws c10::Error that lists the accepted names.
const FusionEntry& find_fusion(const std::string& name);

}  // namespace vidqa::fusion
