#include "features/resnet.h"

#include <array>
#include <map>

#include <fmt/format.h>
#include <torch/torch.h>

namespace vidqa::features {
namespace {

struct Layout {
  bool bottleneck;
  std::array<int64_t, 4> blocks;  ///< of the four stages, 64 to 512 wide
  int64_t groups = 1;
  int64_t width_per_group = 64;
};

const std::map<std::string, Layout>& layouts() {
  static const std::map<std::string, Layout> kLayouts = {
      {"resnet18", {false, {2, 2, 2, 2}}},
      {"resnet34", {false, {3, 4, 6, 3}}},
      {"resnet50", {true, {3, 4, 6, 3}}},
      {"resnet101", {true, {3, 4, 23, 3}}},
      {"resnet152", {true, {3, 8, 36, 3}}},
      {"resnext101_32x8d", {true, {3, 4, 23, 3}, 32, 8}},
      {"resnext101_64x4d", {true, {3, 4, 23, 3}, 64, 4}}};
  return kLayouts;
}

/// Two 3x3 convolutions, or 1x1, 3x3 with the stride, and 1x1 to four times the width.
ResidualBlock make_block(torch::nn::Module& module, const Layout& layout, int64_t in, int64_t width,
                         int64_t stride) {
  const int64_t out = layout.bottleneck ? 4 * width : width;
  ResidualBlock block;
  if (layout.bottleneck) {
    const int64_t inner = width * layout.width_per_group / 64 * layout.groups;
    ConvOptions middle = ConvOptions::square(inner, inner, 3, stride);
    middle.geometry.groups = layout.groups;
    block.add({module, "conv1", "bn1", ConvOptions::square(in, inner, 1)});
    block.add({module, "conv2", "bn2", middle});
    block.add({module, "conv3", "bn3", ConvOptions::square(inner, out, 1)});
  } else {
    block.add({module, "conv1", "bn1", ConvOptions::square(in, width, 3, stride)});
    block.add({module, "conv2", "bn2", ConvOptions::square(width, width, 3)});
  }
  if (stride != 1 || in != out)
    block.set_projection(
        {module, "downsample.0", "downsample.1", ConvOptions::square(in, out, 1, stride)});
  return block;
}

BackbonePtr make_resnet(const BackboneEntry& entry) {
  const Layout& layout = layouts().at(entry.name);
  auto network = std::make_shared<ResidualNetwork>(entry);
  network->add_stem({*network, "conv1", "bn1", ConvOptions::square(3, 64, 7, 2)});
  network->set_max_pool();
  int64_t channels = 64;
  for (size_t stage = 0; stage < layout.blocks.size(); ++stage) {
    const int64_t width = int64_t{64} << stage;
    std::vector<ResidualBlock> blocks;
    for (int64_t i = 0; i < layout.blocks[stage]; ++i) {
      torch::nn::Module& module = submodule(*network, fmt::format("layer{}.{}", stage + 1, i));
      blocks.push_back(make_block(module, layout, channels, width, i == 0 && stage > 0 ? 2 : 1));
      channels = layout.bottleneck ? 4 * width : width;
    }
    network->add_stage(std::move(blocks));
  }
  return network;
}

/// 1x3x3 (or 7x7) over places.
ConvOptions over_space(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
  return {in, out, {{1, kernel, kernel}, {1, stride, stride}, {0, kernel / 2, kernel / 2}}};
}

/// 3x1x1 over frames.
ConvOptions over_time(int64_t in, int64_t out, int64_t stride) {
  return {in, out, {{3, 1, 1}, {stride, 1, 1}, {1, 0, 0}}};
}

ResidualBlock make_r2plus1d_block(torch::nn::Module& module, int64_t in, int64_t out,
                                  int64_t stride) {
  // As many channels between the two as give both the parameters of a 3x3x3 convolution. The
  // second pair takes the number of the first, as torchvision has it.
  const int64_t middle = in * out * 27 / (in * 9 + 3 * out);
  ResidualBlock block;
  block.add({module, "conv1.0.0", "conv1.0.1", over_space(in, middle, 3, stride)});
  block.add({module, "conv1.0.3", "conv1.1", over_time(middle, out, stride)});
  block.add({module, "conv2.0.0", "conv2.0.1", over_space(out, middle, 3, 1)});
  block.add({module, "conv2.0.3", "conv2.1", over_time(middle, out, 1)});
  if (stride != 1 || in != out)
    block.set_projection({module,
                          "downsample.0",
                          "downsample.1",
                          {in, out, {{1, 1, 1}, {stride, stride, stride}, {0, 0, 0}}}});
  return block;
}

BackbonePtr make_r2plus1d(const BackboneEntry& entry) {
  auto network = std::make_shared<ResidualNetwork>(entry);
  network->add_stem({*network, "stem.0", "stem.1", over_space(3, 45, 7, 2)});
  network->add_stem({*network, "stem.3", "stem.4", over_time(45, 64, 1)});
  int64_t channels = 64;
  for (int64_t stage = 0; stage < 4; ++stage) {
    const int64_t width = int64_t{64} << stage;
    std::vector<ResidualBlock> blocks;
    for (int64_t i = 0; i < 2; ++i) {
      torch::nn::Module& module = submodule(*network, fmt::format("layer{}.{}", stage + 1, i));
      blocks.push_back(make_r2plus1d_block(module, channels, width, i == 0 && stage > 0 ? 2 : 1));
      channels = width;
    }
    network->add_stage(std::move(blocks));
  }
  return network;
}

/// "pool5" first, then the stages before the last.
std::vector<LayerEntry> layers_of(bool bottleneck) {
  const int64_t width = bottleneck ? 256 : 64;
  return {{"pool5", 8 * width, 8 * width},
          {"layer3", 4 * width, 4 * width},
          {"layer2", 2 * width, 2 * width},
          {"layer1", width, width}};
}

}  // namespace

void ResidualNetwork::initialize() {
  for (ConvLayer& conv : stem_) conv.initialize();
  for (auto& stage : stages_)
    for (ResidualBlock& block : stage) block.initialize();
}

void ResidualNetwork::pack(Precision precision) {
  for (ConvLayer& conv : stem_) conv.pack(precision);
  for (auto& stage : stages_)
    for (ResidualBlock& block : stage) block.pack(precision);
}

torch::Tensor ResidualNetwork::run(const torch::Tensor& inputs) {
  torch::Tensor x = inputs;
  for (ConvLayer& conv : stem_) x = conv(x, Activation::kRelu);
  if (has_max_pool_) x = torch::max_pool2d(x, 3, 2, 1);
  for (size_t stage = 0; stage < stages_.size(); ++stage) {
    for (ResidualBlock& block : stages_[stage]) x = block(x);
    if (layer() == fmt::format("layer{}", stage + 1)) break;
  }
  x = x.to(torch::kFloat32);
  const bool has_time = x.dim() == 5;
  if (spatial_map()) return has_time ? x.mean(std::vector<int64_t>{2}) : x;
  return has_time ? x.mean({2, 3, 4}) : x.mean({2, 3});
}

std::vector<BackboneEntry> resnet_entries() {
  static const std::string kResNet =
      "He et al., Deep Residual Learning for Image Recognition, CVPR 2016, arXiv 1512.03385";
  static const std::string kResNext =
      "Xie et al., Aggregated Residual Transformations for Deep Neural Networks, CVPR 2017, arXiv "
      "1611.05431";
  const auto entry = [](const std::string& name, const std::string& summary,
                        const std::string& paper) {
    return BackboneEntry{name,       summary,          paper,
                         1,          "torchvision-v1", layers_of(layouts().at(name).bottleneck),
                         make_resnet};
  };
  BackboneEntry resnext_64 = entry("resnext101_64x4d", "101 layers of 64 groups, 4 wide", kResNext);
  resnext_64.preset = "torchvision-v2";  // all that torchvision has of it was trained so
  return {entry("resnet18", "18 layers: the fastest", kResNet),
          entry("resnet34", "34 layers", kResNet),
          entry("resnet50", "50 layers", kResNet),
          entry("resnet101", "101 layers: the features of TVQA", kResNet),
          entry("resnet152", "152 layers: the features of TGIF-QA", kResNet),
          entry("resnext101_32x8d", "101 layers of 32 groups, 8 wide", kResNext),
          resnext_64,
          {"r2plus1d_18", "motion: 18 layers of 2-D and 1-D convolutions over 16 frames",
           "Tran et al., A Closer Look at Spatiotemporal Convolutions for Action Recognition, CVPR "
           "2018, arXiv 1711.11248",
           16, "torchvision-video", layers_of(false), make_r2plus1d}};
}

}  // namespace vidqa::features
