#include "features/vision_transformer.h"

#include <cmath>

#include <torch/torch.h>

namespace vidqa::features {
namespace {

constexpr int64_t kDim = 768;
constexpr int64_t kHeads = 12;
constexpr int64_t kMlpDim = 3072;
constexpr int64_t kBlocks = 12;
constexpr int64_t kPatch = 16;
constexpr int64_t kSide = 224;
constexpr int64_t kPatches = kSide / kPatch;  // along a side

torch::ScalarType dtype_of(Precision precision) {
  return precision == Precision::kBfloat16 ? torch::kBFloat16 : torch::kFloat32;
}

void convert(torch::Tensor& tensor, Precision precision) {
  tensor.set_data(tensor.detach().to(dtype_of(precision)));
}

double xavier_deviation(int64_t in, int64_t out) {
  return std::sqrt(2.0 / static_cast<double>(in + out));
}

}  // namespace

VisionTransformer::Norm::Norm(torch::nn::Module& parent, const std::string& path) {
  torch::nn::Module& module = submodule(parent, path);
  weight = module.register_parameter("weight", torch::empty({kDim}), false);
  bias = module.register_parameter("bias", torch::empty({kDim}), false);
}

torch::Tensor VisionTransformer::Norm::operator()(const torch::Tensor& x) const {
  return torch::layer_norm(x, {kDim}, weight, bias, 1e-6);
}

void VisionTransformer::Norm::initialize() {
  weight.fill_(1);
  bias.zero_();
}

void VisionTransformer::Norm::pack(Precision precision) {
  convert(weight, precision);
  convert(bias, precision);
}

VisionTransformer::Block::Block(torch::nn::Module& parent, const std::string& path)
    : norm_1(parent, path + ".ln_1"),
      out(parent, path + ".self_attention.out_proj", kDim, kDim),
      norm_2(parent, path + ".ln_2"),
      mlp_1(parent, path + ".mlp.0", kDim, kMlpDim),
      mlp_2(parent, path + ".mlp.3", kMlpDim, kDim) {
  torch::nn::Module& attention = submodule(parent, path + ".self_attention");
  in_weight = attention.register_parameter("in_proj_weight", torch::empty({3 * kDim, kDim}), false);
  in_bias = attention.register_parameter("in_proj_bias", torch::empty({3 * kDim}), false);
}

torch::Tensor VisionTransformer::Block::operator()(const torch::Tensor& x) const {
  const int64_t n = x.size(0), tokens = x.size(1);
  const torch::Tensor qkv = torch::linear(norm_1(x), in_weight, in_bias)
                                .view({n, tokens, 3, kHeads, kDim / kHeads})
                                .permute({2, 0, 3, 1, 4});  // (3, n, heads, tokens, D / heads)
  const double scale = 1 / std::sqrt(static_cast<double>(kDim / kHeads));
  const torch::Tensor weights = torch::matmul(qkv[0] * scale, qkv[1].transpose(2, 3)).softmax(-1);
  const torch::Tensor attended =
      torch::matmul(weights, qkv[2]).transpose(1, 2).reshape({n, tokens, kDim});
  const torch::Tensor y = x + out(attended);
  return y + mlp_2(torch::gelu(mlp_1(norm_2(y))));
}

void VisionTransformer::Block::initialize() {
  norm_1.initialize();
  in_weight.normal_(0, xavier_deviation(kDim, 3 * kDim));
  in_bias.zero_();
  out.initialize(xavier_deviation(kDim, kDim), 0);
  norm_2.initialize();
  mlp_1.initialize(xavier_deviation(kDim, kMlpDim), 0);
  mlp_2.initialize(xavier_deviation(kMlpDim, kDim), 0);
}

void VisionTransformer::Block::pack(Precision precision) {
  norm_1.pack(precision);
  convert(in_weight, precision);
  convert(in_bias, precision);
  out.pack(precision);
  norm_2.pack(precision);
  mlp_1.pack(precision);
  mlp_2.pack(precision);
}

VisionTransformer::VisionTransformer(const BackboneEntry& entry)
    : Backbone(entry),
      patches_(*this, "conv_proj", "",
               {3, kDim, {{kPatch, kPatch}, {kPatch, kPatch}, {0, 0}}, true}),
      norm_(*this, "encoder.ln") {
  class_token_ = register_parameter("class_token", torch::empty({1, 1, kDim}), false);
  positions_ = submodule(*this, "encoder")
                   .register_parameter("pos_embedding",
                                       torch::empty({1, kPatches * kPatches + 1, kDim}), false);
  for (int64_t i = 0; i < kBlocks; ++i)
    blocks_.emplace_back(*this, "encoder.layers.encoder_layer_" + std::to_string(i));
}

void VisionTransformer::initialize() {
  const torch::NoGradGuard no_grad;
  patches_.initialize();
  class_token_.zero_();
  positions_.normal_(0, 0.02);
  for (Block& block : blocks_) block.initialize();
  norm_.initialize();
}

std::string VisionTransformer::current_name(const std::string& published) const {
  std::string name = published;
  for (const auto& [before, now] :
       {std::pair("mlp.linear_1.", "mlp.0."), std::pair("mlp.linear_2.", "mlp.3.")})
    if (const size_t at = name.find(before); at != std::string::npos)
      name.replace(at, std::string(before).size(), now);
  return name;
}

void VisionTransformer::pack(Precision precision) {
  patches_.pack(precision);
  convert(class_token_, precision);
  convert(positions_, precision);
  for (Block& block : blocks_) block.pack(precision);
  norm_.pack(precision);
}

torch::Tensor VisionTransformer::run(const torch::Tensor& inputs) {
  TORCH_CHECK(inputs.size(2) == kSide && inputs.size(3) == kSide, name(),
              ": its positions are those of images of ", kSide, " x ", kSide, ", got ",
              inputs.sizes());
  const int64_t n = inputs.size(0);
  torch::Tensor x = patches_(inputs).flatten(2).transpose(1, 2);  // (n, 196, D)
  x = torch::cat({class_token_.expand({n, 1, kDim}), x}, 1) + positions_;
  for (const Block& block : blocks_) x = block(x);
  x = norm_(x);
  if (!spatial_map()) return x.select(1, 0);
  return x.slice(1, 1).transpose(1, 2).reshape({n, kDim, kPatches, kPatches});
}

std::vector<BackboneEntry> vision_transformer_entries() {
  return {{"vit_b_16",
           "transformer over patches of 16x16 pixels",
           "Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021, arXiv 2010.11929",
           1,
           "torchvision-v1",
           {{"cls", kDim, kDim}},
           [](const BackboneEntry& entry) -> BackbonePtr {
             return std::make_shared<VisionTransformer>(entry);
           }}};
}

}  // namespace vidqa::features
