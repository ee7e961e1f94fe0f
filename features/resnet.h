#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include "features/backbone.h"

namespace vidqa::features {

/// A convolution without bias and its batch normalisation, registered in `parent` under
/// torchvision's names.
class ConvNorm {
 public:
  ConvNorm(torch::nn::Module& parent, std::string conv_name, std::string norm_name,
           torch::nn::Conv2dOptions options);

  torch::Tensor operator()(const torch::Tensor& x);

  /// Puts the running statistics and the affine map of the normalisation into the convolution, in
  /// double precision, and lays its weights out as channels_last. The parent loses `norm_name`; its
  /// convolution gains a bias.
  void fold();

 private:
  torch::nn::Module& parent_;
  std::string conv_name_, norm_name_;
  torch::nn::Conv2dOptions options_;
  torch::nn::Conv2d conv_;
  torch::nn::BatchNorm2d norm_;  ///< empty when folded
};

/// Residual block: two 3x3 convolutions (basic), or 1x1, 3x3 with the stride, and 1x1 to four times
/// the width (bottleneck as in torchvision, "ResNet v1.5"; the paper has the stride in the first
/// 1x1).
class ResidualBlockImpl : public torch::nn::Module {
 public:
  ResidualBlockImpl(bool bottleneck, int64_t in_channels, int64_t width, int64_t stride);

  torch::Tensor forward(const torch::Tensor& x);
  void fold();

 private:
  std::vector<ConvNorm> convs_;
  std::optional<ConvNorm> projection_;  ///< of the shortcut; unset where that is the identity
};
TORCH_MODULE(ResidualBlock);

/// ResNet (He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, arXiv 1512.03385)
/// up to the global average pooling, "pool5". Names and arithmetic are torchvision's, without its
/// classifier `fc`.
class ResNet : public Backbone {
 public:
  struct Layout {
    std::string name;
    bool bottleneck;
    std::array<int64_t, 4> blocks;  ///< of the four stages, 64 to 512 wide
    int64_t dim() const { return bottleneck ? 2048 : 512; }
  };

  /// Random weights: He normal (fan out) in convolutions, ones and zeros in normalisations.
  explicit ResNet(const Layout& layout);

  torch::Tensor forward(const torch::Tensor& images) override;
  void optimize_for_inference() override;

 private:
  ConvNorm stem_;
  std::vector<ResidualBlock> blocks_;
  bool folded_ = false;
};

/// Rows of backbone_table().
std::vector<BackboneEntry> resnet_entries();

}  // namespace vidqa::features
