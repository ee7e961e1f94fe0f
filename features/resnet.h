#pragma once

#include <string>
#include <vector>

#include "features/backbone.h"
#include "features/layers.h"

namespace vidqa::features {

/// Residual networks up to the global average pooling, "pool5", or one of their stages, averaged.
/// Names and arithmetic are torchvision's, without the classifier `fc`.
///   ResNet   He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, arXiv
///            1512.03385; the stride of a bottleneck is in its 3x3 convolution ("v1.5"; the paper
///            has it in the first 1x1)
///   ResNeXt  Xie et al., "Aggregated Residual Transformations for Deep Neural Networks", CVPR
///            2017, arXiv 1611.05431: bottlenecks with grouped 3x3 convolutions
///   R(2+1)D  Tran et al., "A Closer Look at Spatiotemporal Convolutions for Action Recognition",
///            CVPR 2018, arXiv 1711.11248: every 3x3x3 convolution is 1x3x3 then 3x1x1; its map is
///            the average over time
class ResidualNetwork : public Backbone {
 public:
  explicit ResidualNetwork(const BackboneEntry& entry) : Backbone(entry) {}

  void initialize() override;
  std::vector<std::string> ignored_prefixes() const override { return {"fc."}; }

  /// The builders' part: convolutions with ReLU before the first stage, and whether a 3x3 max
  /// pooling with stride 2 follows them; then the blocks of each stage.
  void add_stem(ConvLayer conv) { stem_.push_back(std::move(conv)); }
  void set_max_pool() { has_max_pool_ = true; }
  void add_stage(std::vector<ResidualBlock> blocks) { stages_.push_back(std::move(blocks)); }

 protected:
  torch::Tensor run(const torch::Tensor& inputs) override;
  void pack(Precision precision) override;

 private:
  std::vector<ConvLayer> stem_;
  bool has_max_pool_ = false;
  std::vector<std::vector<ResidualBlock>> stages_;
};

/// resnet18, -34, -50, -101, -152, resnext101_32x8d, resnext101_64x4d, r2plus1d_18.
std::vector<BackboneEntry> resnet_entries();

}  // namespace vidqa::features
