#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/types.h>

#include "features/onednn_convolution.h"

namespace vidqa::features {

/// The layers that backbones are made of. Each registers its tensors in `parent` under a dotted
/// path, where torchvision's names have them, and leaves their values undefined: memory that
/// nothing is written to costs nothing, so a network of 138 million parameters can be built only to
/// be counted or filled from a file.

enum class Activation { kNone, kRelu };

/// The module at a dotted path below `parent`; missing ones are registered.
torch::nn::Module& submodule(torch::nn::Module& parent, const std::string& path);

struct ConvOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  ConvGeometry geometry;
  bool has_bias = false;

  /// Two dimensions, padded such that stride 1 keeps the size.
  static ConvOptions square(int64_t in, int64_t out, int64_t kernel, int64_t stride = 1);
};

/// A convolution, with or without batch normalisation (eps 1e-5) behind it.
class ConvLayer {
 public:
  /// Tensors <conv>.weight, with has_bias <conv>.bias, and unless `norm` is empty <norm>.weight,
  /// .bias, .running_mean, .running_var, .num_batches_tracked.
  ConvLayer(torch::nn::Module& parent, const std::string& conv, const std::string& norm,
            ConvOptions options);

  /// activation(norm(conv(x)) + residual). An undefined residual is none; a defined one must not be
  /// needed any more, for the result may lie in its memory.
  torch::Tensor operator()(const torch::Tensor& x, Activation activation = Activation::kNone,
                           const torch::Tensor& residual = {});

  /// He normal, fan out; zeros and ones in bias and normalisation.
  void initialize();
  /// Puts the normalisation into the convolution, in double precision, and lays its weights out for
  /// inference. The tensors are no longer registered then. From float32 a second call can go to
  /// bfloat16.
  void pack(Precision precision);

 private:
  void fold();

  ConvOptions options_;
  torch::nn::Module* conv_parent_;
  torch::nn::Module* norm_parent_;
  std::string conv_name_, norm_name_;
  torch::Tensor weight_, bias_;                    ///< bias_ may be undefined until folded
  torch::Tensor scale_, shift_, mean_, variance_;  ///< undefined without normalisation, or folded
  bool folded_ = false;
  std::shared_ptr<OnednnConvolution> packed_;
};

/// weight (out, in), bias (out).
class LinearLayer {
 public:
  LinearLayer(torch::nn::Module& parent, const std::string& path, int64_t in, int64_t out);

  /// (..., in) -> (..., out).
  torch::Tensor operator()(const torch::Tensor& x) const;
  /// Normal weights, constant bias.
  void initialize(double deviation, double bias);
  void pack(Precision precision);

  const torch::Tensor& weight() const { return weight_; }
  const torch::Tensor& bias() const { return bias_; }

 private:
  torch::Tensor weight_, bias_;
};

/// Convolutions with ReLU in between, beside a shortcut, and a ReLU after their sum.
class ResidualBlock {
 public:
  void add(ConvLayer conv) { convs_.push_back(std::move(conv)); }
  void set_projection(ConvLayer conv) { projection_.emplace(std::move(conv)); }

  /// May overwrite x.
  torch::Tensor operator()(const torch::Tensor& x);
  void initialize();
  void pack(Precision precision);

 private:
  std::vector<ConvLayer> convs_;
  std::optional<ConvLayer> projection_;  ///< of the shortcut; unset where that is the identity
};

}  // namespace vidqa::features
