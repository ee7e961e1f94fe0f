#include "features/c3d.h"

#include <cmath>

#include <torch/torch.h>

namespace vidqa::features {
namespace {

constexpr int64_t kFrames = 16;
constexpr int64_t kSide = 112;
constexpr int64_t kLastPlaces = 4 * 4;  // of pool5, one time step

/// Maxima over `frames` steps of time and 2x2 places, without overlap. As two poolings, for Torch
/// has a fast one only for images: (n, C, T, H, W) in channels_last order is a batch of n T images.
torch::Tensor max_pool(const torch::Tensor& x, int64_t frames, int64_t padding) {
  const int64_t n = x.size(0), channels = x.size(1), steps = x.size(2);
  const torch::Tensor images =
      x.permute({0, 2, 1, 3, 4}).reshape({n * steps, channels, x.size(3), x.size(4)});
  torch::Tensor y = torch::max_pool2d(images, 2, 2, padding);
  const int64_t height = y.size(2), width = y.size(3);
  y = y.view({n, steps / frames, frames, channels, height, width});
  y = frames == 1 ? y.select(2, 0) : torch::maximum(y.select(2, 0), y.select(2, 1));
  return y.permute({0, 2, 1, 3, 4});
}

}  // namespace

C3d::C3d(const BackboneEntry& entry, const C3dWidths& widths)
    : Backbone(entry),
      fc6_(*this, "fc6", widths.convs.back() * kLastPlaces, widths.fc),
      fc7_(*this, "fc7", widths.fc, widths.fc) {
  const std::vector<std::vector<std::string>> names = {
      {"conv1"}, {"conv2"}, {"conv3a", "conv3b"}, {"conv4a", "conv4b"}, {"conv5a", "conv5b"}};
  int64_t channels = 3;
  size_t number = 0;
  for (const auto& stage : names) {
    std::vector<ConvLayer>& convs = stages_.emplace_back();
    for (const std::string& name : stage) {
      const int64_t width = widths.convs[number++];
      convs.emplace_back(*this, name, "",
                         ConvOptions{channels, width, {{3, 3, 3}, {1, 1, 1}, {1, 1, 1}}, true});
      channels = width;
    }
  }
}

void C3d::initialize() {
  for (auto& stage : stages_)
    for (ConvLayer& conv : stage) conv.initialize();
  for (LinearLayer* fc : {&fc6_, &fc7_})
    fc->initialize(std::sqrt(2.0 / static_cast<double>(fc->weight().size(1))), 0);
}

void C3d::pack(Precision precision) {
  for (auto& stage : stages_)
    for (ConvLayer& conv : stage) conv.pack(precision);
  fc6_.pack(precision);
  fc7_.pack(precision);
}

torch::Tensor C3d::run(const torch::Tensor& inputs) {
  TORCH_CHECK(inputs.size(2) == kFrames && inputs.size(3) == kSide && inputs.size(4) == kSide,
              name(), ": expected clips (n, 3, ", kFrames, ", ", kSide, ", ", kSide, "), got ",
              inputs.sizes());
  torch::Tensor x = inputs;
  for (size_t stage = 0; stage < stages_.size(); ++stage) {
    for (ConvLayer& conv : stages_[stage]) x = conv(x, Activation::kRelu);
    const bool is_last = stage + 1 == stages_.size();
    x = max_pool(x, stage == 0 ? 1 : 2, is_last ? 1 : 0);
  }
  if (spatial_map()) return x.squeeze(2);  // (n, 512, 1, 4, 4) -> (n, 512, 4, 4)
  x = x.contiguous().flatten(1);
  if (layer() == "pool5") return x;
  x = fc6_(x).relu_();
  return layer() == "fc6" ? x : fc7_(x).relu_();
}

std::vector<BackboneEntry> c3d_entries() {
  const C3dWidths widths;
  const int64_t channels = widths.convs.back();
  return {{"c3d",
           "motion: 3-D convolutions over 16 frames, the motion features of TVQA and TGIF-QA",
           "Tran et al., Learning Spatiotemporal Features with 3D Convolutional Networks, ICCV "
           "2015, arXiv 1412.0767",
           kFrames,
           "c3d",
           {{"fc6", widths.fc}, {"fc7", widths.fc}, {"pool5", channels * kLastPlaces, channels}},
           [](const BackboneEntry& entry) -> BackbonePtr { return std::make_shared<C3d>(entry); }}};
}

}  // namespace vidqa::features
