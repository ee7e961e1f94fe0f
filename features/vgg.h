#pragma once

#include <string>
#include <vector>

#include "features/backbone.h"
#include "features/layers.h"

namespace vidqa::features {

/// VGG-16 (Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
/// Recognition", ICLR 2015, arXiv 1409.1556): fc7 or fc6 behind their ReLU, or the last map,
/// pool5, pooled to 7x7 and flattened in the order channel, row, column. Names and arithmetic are
/// torchvision's, without `classifier.6`. The features of MSVD-QA and EgoVQA are fc7 of the
/// original Caffe weights, which take frames of the preset `caffe`.
class Vgg16 : public Backbone {
 public:
  explicit Vgg16(const BackboneEntry& entry);

  void initialize() override;
  std::vector<std::string> ignored_prefixes() const override { return {"classifier.6."}; }

 protected:
  torch::Tensor run(const torch::Tensor& inputs) override;
  void pack(Precision precision) override;

 private:
  std::vector<std::vector<ConvLayer>> stages_;  ///< a 2x2 max pooling after each
  LinearLayer fc6_, fc7_;
};

/// vgg16.
std::vector<BackboneEntry> vgg_entries();

}  // namespace vidqa::features
