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

/// What an output row depends on.
enum class Granularity {
  kVector,    ///< the input rows at the same place alone
  kSequence,  ///< all steps of y in its sequence
};

/// A module that turns two feature vectors, or two sequences of them, into one.
///
/// Any number of leading dimensions (equal in x and y), empty batches and non-contiguous tensors
/// are accepted.
class Fusion : public torch::nn::Module {
 public:
  /// Per vector: x (..., dx), y (..., dy) -> (..., dz). Per sequence: x (..., T, dx), y (..., S,
  /// dy)
  /// -> (..., T, dz). `y_mask` (..., S), bool, true where a step of y is valid, is for those per
  /// sequence; undefined: all are. Throws c10::Error naming the fusion unless the shapes are those.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& y,
                        const torch::Tensor& y_mask = {});

  /// The formula of the class as a plain composition of Torch's operators. forward() is this
  /// wherever the fusion has nothing faster: on CUDA, in reduced precision, and with activations
  /// that have no kernel. Inputs are not checked.
  virtual torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) = 0;

  static constexpr Granularity kGranularity = Granularity::kVector;

  const FusionDims& dims() const { return dims_; }
  Granularity granularity() const { return granularity_; }

 protected:
  /// `name` is what errors call the module.
  explicit Fusion(FusionDims dims, const std::string& name = "fusion",
                  Granularity granularity = Granularity::kVector);

  /// compose() of what is per sequence.
  virtual torch::Tensor compose_sequences(const torch::Tensor& x, const torch::Tensor& y,
                                          const torch::Tensor& y_mask);

  /// Whether fuse() does what the options ask for.
  virtual bool has_kernel() const { return false; }

  /// The same in one operator with a backward pass of its own (fused_operator.h). x (R, dx),
  /// y (R, dy), contiguous, float32 or float64 on the CPU -> (R, dz).
  virtual torch::Tensor fuse(const torch::Tensor& x, const torch::Tensor& y);

 private:
  void check_inputs(const torch::Tensor& x, const torch::Tensor& y,
                    const torch::Tensor& y_mask) const;

  FusionDims dims_;
  Granularity granularity_;
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

/// What a fusion costs, computed from its options. Numbers are doubles because those of a mistyped
/// size exceed an int64.
struct Cost {
  double parameters = 0;
  /// Multiplications, each with an addition, of the forward pass for a row: of matrix products, of
  /// transforms and of the pooling; not of activations, normalisation and dropout. Per sequence: of
  /// a step that attends to `kTypicalSteps` steps.
  double multiply_adds = 0;
  /// What is kept for the backward pass for a row, in float32 with the CPU kernels, the output
  /// included and x and y left out.
  double saved_bytes = 0;

  static constexpr double kTypicalSteps = 100;
};

/// Builds the fusion named by `spec`, and only that one. Keys that are left out have the values
/// with which the operators were compared on video question answering (Winterbottom et al., arXiv
/// 2012.10285), not those of the library that published them. Names ignore case and underscores, so
/// `ConcatMLP` and `concat_mlp` are the same; `concat` is short for `concat_mlp`. Throws c10::Error
/// that lists the accepted names or keys, or, for a size that cannot fit, the parameters and bytes
/// it would need and a smaller size that fits.
FusionPtr make_fusion(const std::string& spec, FusionDims dims);

/// Of the fusion that make_fusion would build, without building it: sizes that do not fit into
/// memory have a cost too.
Cost fusion_cost(const std::string& spec, FusionDims dims);

/// One row of the table from which `--help`, the parametrised tests and the report pick up every
/// fusion.
struct FusionEntry {
  std::string name;
  std::string summary;  ///< one line
  std::string paper;    ///< authors, venue, arXiv id
  Granularity granularity;
  std::vector<std::string> keys;
  FusionPtr (*make)(const FusionSpec& spec, FusionDims dims);
  Cost (*cost)(const FusionSpec& spec, FusionDims dims);
};

const std::vector<FusionEntry>& fusion_table();

/// Row of `name`, found as make_fusion finds it; throws c10::Error that lists the accepted names.
const FusionEntry& find_fusion(const std::string& name);

}  // namespace vidqa::fusion
