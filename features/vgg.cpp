#include "features/vgg.h"

#include <torch/torch.h>

namespace vidqa::features {
namespace {

constexpr int64_t kLastChannels = 512;
constexpr int64_t kLastSide = 7;
constexpr int64_t kFlat = kLastChannels * kLastSide * kLastSide;
constexpr int64_t kHidden = 4096;

}  // namespace

Vgg16::Vgg16(const BackboneEntry& entry)
    : Backbone(entry),
      fc6_(*this, "classifier.0", kFlat, kHidden),
      fc7_(*this, "classifier.3", kHidden, kHidden) {
  const std::vector<std::vector<int64_t>> widths = {
      {64, 64}, {128, 128}, {256, 256, 256}, {512, 512, 512}, {512, 512, 512}};
  int64_t channels = 3;
  int64_t position = 0;  // in torchvision's sequence of convolutions, ReLUs and poolings
  for (const auto& stage : widths) {
    std::vector<ConvLayer>& convs = stages_.emplace_back();
    for (const int64_t width : stage) {
      ConvOptions options = ConvOptions::square(channels, width, 3);
      options.has_bias = true;
      convs.emplace_back(*this, "features." + std::to_string(position), "", options);
      channels = width;
      position += 2;
    }
    ++position;
  }
}

void Vgg16::initialize() {
  for (auto& stage : stages_)
    for (ConvLayer& conv : stage) conv.initialize();
  fc6_.initialize(0.01, 0);
  fc7_.initialize(0.01, 0);
}

void Vgg16::pack(Precision precision) {
  for (auto& stage : stages_)
    for (ConvLayer& conv : stage) conv.pack(precision);
  fc6_.pack(precision);
  fc7_.pack(precision);
}

torch::Tensor Vgg16::run(const torch::Tensor& inputs) {
  torch::Tensor x = inputs;
  for (auto& stage : stages_) {
    for (ConvLayer& conv : stage) x = conv(x, Activation::kRelu);
    x = torch::max_pool2d(x, 2, 2);
  }
  x = torch::adaptive_avg_pool2d(x, {kLastSide, kLastSide});  // (n, 512, 7, 7)
  if (spatial_map()) return x;
  x = x.contiguous().flatten(1);
  if (layer() == "pool5") return x;
  x = fc6_(x).relu_();
  return layer() == "fc6" ? x : fc7_(x).relu_();
}

std::vector<BackboneEntry> vgg_entries() {
  return {
      {"vgg16",
       "16 layers, two of them fully connected: the features of MSVD-QA",
       "Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image "
       "Recognition, ICLR 2015, arXiv 1409.1556",
       1,
       "torchvision-v1",
       {{"fc7", kHidden}, {"fc6", kHidden}, {"pool5", kFlat, kLastChannels}},
       [](const BackboneEntry& entry) -> BackbonePtr { return std::make_shared<Vgg16>(entry); }}};
}

}  // namespace vidqa::features
