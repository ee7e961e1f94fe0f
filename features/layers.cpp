#include "features/layers.h"

#include <sstream>
#include <utility>

#include <torch/torch.h>

namespace vidqa::features {

namespace nn = torch::nn;

namespace {

constexpr double kNormEps = 1e-5;

/// "a.b.c" -> "a.b", "c"; without a dot the first is empty.
std::pair<std::string, std::string> split_last(const std::string& path) {
  const size_t dot = path.rfind('.');
  if (dot == std::string::npos) return {"", path};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

torch::ScalarType scalar_type(Precision precision) {
  return precision == Precision::kBfloat16 ? torch::kBFloat16 : torch::kFloat32;
}

}  // namespace

nn::Module& submodule(nn::Module& parent, const std::string& path) {
  nn::Module* module = &parent;
  std::istringstream names(path);
  for (std::string name; std::getline(names, name, '.');) {
    const auto children = module->named_children();
    const std::shared_ptr<nn::Module>* known = children.find(name);
    module = known != nullptr ? known->get()
                              : module->register_module(name, std::make_shared<nn::Module>()).get();
  }
  return *module;
}

ConvOptions ConvOptions::square(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
  return {in, out, {{kernel, kernel}, {stride, stride}, {kernel / 2, kernel / 2}}};
}

ConvLayer::ConvLayer(nn::Module& parent, const std::string& conv, const std::string& norm,
                     ConvOptions options)
    : options_(std::move(options)) {
  const auto [conv_parent, conv_name] = split_last(conv);
  const auto [norm_parent, norm_name] = split_last(norm);
  conv_parent_ = &submodule(parent, conv_parent);
  norm_parent_ = &submodule(parent, norm_parent);
  conv_name_ = conv_name;
  norm_name_ = norm_name;

  std::vector<int64_t> shape = {options_.out_channels,
                                options_.in_channels / options_.geometry.groups};
  shape.insert(shape.end(), options_.geometry.kernel.begin(), options_.geometry.kernel.end());
  nn::Module& module = submodule(*conv_parent_, conv_name_);
  weight_ = module.register_parameter("weight", torch::empty(shape), false);
  if (options_.has_bias)
    bias_ = module.register_parameter("bias", torch::empty({options_.out_channels}), false);
  if (norm_name_.empty()) return;
  nn::Module& normalization = submodule(*norm_parent_, norm_name_);
  const auto empty = [&] { return torch::empty({options_.out_channels}); };
  scale_ = normalization.register_parameter("weight", empty(), false);
  shift_ = normalization.register_parameter("bias", empty(), false);
  mean_ = normalization.register_buffer("running_mean", empty());
  variance_ = normalization.register_buffer("running_var", empty());
  normalization.register_buffer("num_batches_tracked", torch::tensor(0, torch::kInt64));
}

void ConvLayer::initialize() {
  const torch::NoGradGuard no_grad;
  nn::init::kaiming_normal_(weight_, 0, torch::kFanOut, torch::kReLU);
  if (bias_.defined()) bias_.zero_();
  if (!scale_.defined()) return;
  scale_.fill_(1);
  shift_.zero_();
  mean_.zero_();
  variance_.fill_(1);
}

torch::Tensor ConvLayer::operator()(const torch::Tensor& x, Activation activation,
                                    const torch::Tensor& residual) {
  if (packed_) return (*packed_)(x, activation == Activation::kRelu, residual);
  const ConvGeometry& g = options_.geometry;
  const std::vector<int64_t> ones(g.kernel.size(), 1);
  const std::vector<int64_t> zeros(g.kernel.size(), 0);
  torch::Tensor y = at::convolution(x.to(weight_.dtype()), weight_, bias_, g.stride, g.padding,
                                    ones, false, zeros, g.groups);
  if (scale_.defined())
    y = torch::batch_norm(y, scale_, shift_, mean_, variance_, false, 0, kNormEps, false);
  if (residual.defined()) y.add_(residual);
  return activation == Activation::kRelu ? y.relu_() : y;
}

void ConvLayer::fold() {
  if (std::exchange(folded_, true)) return;
  torch::Tensor weight = weight_.detach().to(torch::kFloat64);
  torch::Tensor bias = bias_.defined() ? bias_.detach().to(torch::kFloat64)
                                       : torch::zeros({weight.size(0)}, weight.options());
  if (scale_.defined()) {
    const torch::Tensor factor =
        scale_.detach().to(torch::kFloat64) / (variance_.to(torch::kFloat64) + kNormEps).sqrt();
    std::vector<int64_t> rows(static_cast<size_t>(weight.dim()), 1);
    rows[0] = -1;
    weight = weight * factor.view(rows);
    bias = (bias - mean_.to(torch::kFloat64)) * factor + shift_.detach().to(torch::kFloat64);
    norm_parent_->unregister_module(norm_name_);
  }
  conv_parent_->unregister_module(conv_name_);
  weight_ = weight.to(torch::kFloat32);
  bias_ = bias.to(torch::kFloat32);
  scale_ = shift_ = mean_ = variance_ = torch::Tensor();
}

void ConvLayer::pack(Precision precision) {
  const torch::NoGradGuard no_grad;
  fold();
  if (weight_.device().is_cpu() && OnednnConvolution::available()) {
    packed_ = std::make_shared<OnednnConvolution>(weight_, bias_, options_.geometry, precision);
    return;
  }
  const bool is_3d = options_.geometry.kernel.size() == 3;
  weight_ = weight_.to(scalar_type(precision))
                .contiguous(is_3d ? torch::MemoryFormat::ChannelsLast3d
                                  : torch::MemoryFormat::ChannelsLast);
  bias_ = bias_.to(scalar_type(precision));
}

LinearLayer::LinearLayer(nn::Module& parent, const std::string& path, int64_t in, int64_t out) {
  nn::Module& module = submodule(parent, path);
  weight_ = module.register_parameter("weight", torch::empty({out, in}), false);
  bias_ = module.register_parameter("bias", torch::empty({out}), false);
}

torch::Tensor LinearLayer::operator()(const torch::Tensor& x) const {
  return torch::linear(x.to(weight_.dtype()), weight_, bias_);
}

void LinearLayer::initialize(double deviation, double bias) {
  const torch::NoGradGuard no_grad;
  weight_.normal_(0, deviation);
  bias_.fill_(bias);
}

void LinearLayer::pack(Precision precision) {
  weight_.set_data(weight_.detach().to(scalar_type(precision)));
  bias_.set_data(bias_.detach().to(scalar_type(precision)));
}

torch::Tensor ResidualBlock::operator()(const torch::Tensor& x) {
  const torch::Tensor shortcut = projection_ ? (*projection_)(x) : x;
  torch::Tensor y = x;
  for (size_t i = 0; i + 1 < convs_.size(); ++i) y = convs_[i](y, Activation::kRelu);
  return convs_.back()(y, Activation::kRelu, shortcut);
}

void ResidualBlock::initialize() {
  for (ConvLayer& conv : convs_) conv.initialize();
  if (projection_) projection_->initialize();
}

void ResidualBlock::pack(Precision precision) {
  for (ConvLayer& conv : convs_) conv.pack(precision);
  if (projection_) projection_->pack(precision);
}

}  // namespace vidqa::features
