#include "features/resnet.h"

#include <torch/torch.h>

namespace vidqa::features {

namespace nn = torch::nn;

namespace {

nn::Conv2dOptions conv_options(int64_t in_channels, int64_t out_channels, int64_t kernel,
                               int64_t stride) {
  return nn::Conv2dOptions(in_channels, out_channels, kernel)
      .stride(stride)
      .padding(kernel / 2)
      .bias(false);
}

}  // namespace

ConvNorm::ConvNorm(nn::Module& parent, std::string conv_name, std::string norm_name,
                   nn::Conv2dOptions options)
    : parent_(parent),
      conv_name_(std::move(conv_name)),
      norm_name_(std::move(norm_name)),
      options_(options),
      conv_(parent.register_module(conv_name_, nn::Conv2d(options))),
      norm_(parent.register_module(norm_name_, nn::BatchNorm2d(options.out_channels()))) {
  nn::init::kaiming_normal_(conv_->weight, 0, torch::kFanOut, torch::kReLU);
}

torch::Tensor ConvNorm::operator()(const torch::Tensor& x) {
  const torch::Tensor y = conv_(x);
  return norm_.is_empty() ? y : norm_(y);
}

void ConvNorm::fold() {
  const torch::NoGradGuard no_grad;
  const torch::Tensor variance = norm_->running_var.to(torch::kFloat64) + norm_->options.eps();
  const torch::Tensor scale = norm_->weight.to(torch::kFloat64) / variance.sqrt();
  const torch::Tensor bias =
      norm_->bias.to(torch::kFloat64) - norm_->running_mean.to(torch::kFloat64) * scale;
  const torch::Tensor weight = conv_->weight.to(torch::kFloat64) * scale.view({-1, 1, 1, 1});

  nn::Conv2d folded(options_.bias(true));
  folded->to(conv_->weight.device());
  folded->weight.copy_(weight);
  folded->bias.copy_(bias);
  folded->weight.set_data(folded->weight.contiguous(torch::MemoryFormat::ChannelsLast));
  conv_ = parent_.replace_module(conv_name_, folded);
  parent_.unregister_module(norm_name_);
  norm_ = nullptr;
}

ResidualBlockImpl::ResidualBlockImpl(bool bottleneck, int64_t in_channels, int64_t width,
                                     int64_t stride) {
  const auto add = [&](int64_t in, int64_t out, int64_t kernel, int64_t conv_stride) {
    const std::string number = std::to_string(convs_.size() + 1);
    convs_.emplace_back(*this, "conv" + number, "bn" + number,
                        conv_options(in, out, kernel, conv_stride));
  };
  const int64_t out_channels = bottleneck ? 4 * width : width;
  if (bottleneck) {
    add(in_channels, width, 1, 1);
    add(width, width, 3, stride);
    add(width, out_channels, 1, 1);
  } else {
    add(in_channels, width, 3, stride);
    add(width, width, 3, 1);
  }
  if (stride != 1 || in_channels != out_channels) {
    const auto downsample = register_module("downsample", std::make_shared<nn::Module>());
    projection_.emplace(*downsample, "0", "1", conv_options(in_channels, out_channels, 1, stride));
  }
}

torch::Tensor ResidualBlockImpl::forward(const torch::Tensor& x) {
  torch::Tensor y = x;
  for (size_t i = 0; i < convs_.size(); ++i) {
    y = convs_[i](y);
    if (i + 1 < convs_.size()) y.relu_();
  }
  return y.add_(projection_ ? (*projection_)(x) : x).relu_();
}

void ResidualBlockImpl::fold() {
  for (ConvNorm& conv : convs_) conv.fold();
  if (projection_) projection_->fold();
}

ResNet::ResNet(const Layout& layout)
    : Backbone(layout.name, layout.dim()), stem_(*this, "conv1", "bn1", conv_options(3, 64, 7, 2)) {
  int64_t channels = 64;
  for (size_t stage = 0; stage < layout.blocks.size(); ++stage) {
    const auto list =
        register_module("layer" + std::to_string(stage + 1), std::make_shared<nn::Module>());
    const int64_t width = int64_t{64} << stage;
    for (int64_t i = 0; i < layout.blocks[stage]; ++i) {
      const int64_t stride = i == 0 && stage > 0 ? 2 : 1;
      blocks_.push_back(list->register_module(
          std::to_string(i), ResidualBlock(layout.bottleneck, channels, width, stride)));
      channels = layout.bottleneck ? 4 * width : width;
    }
  }
}

torch::Tensor ResNet::forward(const torch::Tensor& images) {
  TORCH_CHECK(images.dim() == 4 && images.size(1) == 3, name(),
              ": expected images (n, 3, H, W), got ", images.sizes());
  if (images.size(0) == 0) return images.new_zeros({0, dim()});
  torch::Tensor x = folded_ ? images.contiguous(torch::MemoryFormat::ChannelsLast) : images;
  x = stem_(x).relu_();               // (n, 64, H / 2, W / 2)
  x = torch::max_pool2d(x, 3, 2, 1);  // (n, 64, H / 4, W / 4)
  for (ResidualBlock& block : blocks_) x = block(x);
  return x.mean({2, 3});  // (n, dim, H / 32, W / 32) -> (n, dim)
}

void ResNet::optimize_for_inference() {
  if (folded_) return;
  stem_.fold();
  for (ResidualBlock& block : blocks_) block->fold();
  folded_ = true;
}

namespace {

/// A function pointer for each layout, as the table wants.
template <int kDepth>
BackboneEntry entry(const std::string& summary) {
  static const std::map<int, ResNet::Layout> kLayouts = {{18, {"resnet18", false, {2, 2, 2, 2}}},
                                                         {34, {"resnet34", false, {3, 4, 6, 3}}},
                                                         {50, {"resnet50", true, {3, 4, 6, 3}}},
                                                         {101, {"resnet101", true, {3, 4, 23, 3}}},
                                                         {152, {"resnet152", true, {3, 8, 36, 3}}}};
  const ResNet::Layout& layout = kLayouts.at(kDepth);
  return {layout.name, summary,
          "He et al., Deep Residual Learning for Image Recognition, CVPR 2016, arXiv 1512.03385",
          layout.dim(),
          []() -> BackbonePtr { return std::make_shared<ResNet>(kLayouts.at(kDepth)); }};
}

}  // namespace

std::vector<BackboneEntry> resnet_entries() {
  return {entry<18>("18 layers, global average pool: the fastest"),
          entry<34>("34 layers, global average pool"), entry<50>("50 layers, global average pool"),
          entry<101>("101 layers, global average pool: the features of TVQA"),
          entry<152>("152 layers, global average pool: the features of TGIF-QA")};
}

}  // namespace vidqa::features
