#include "features/layers.h"

#include <utility>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::features {
namespace {

using testing::relative_error;

struct Case {
  ConvOptions options;
  std::vector<int64_t> input;
  bool has_norm;
};

std::vector<Case> cases() {
  ConvOptions grouped = ConvOptions::square(8, 12, 3, 2);
  grouped.geometry.groups = 4;
  ConvOptions biased = ConvOptions::square(3, 5, 3);
  biased.has_bias = true;
  return {{ConvOptions::square(3, 16, 7, 2), {2, 3, 23, 18}, true},
          {ConvOptions::square(16, 24, 1), {1, 16, 5, 6}, true},
          {ConvOptions::square(16, 32, 1, 2), {2, 16, 7, 7}, true},
          {grouped, {2, 8, 9, 10}, true},
          {biased, {2, 3, 8, 8}, false},
          {{3, 10, {{1, 7, 7}, {1, 2, 2}, {0, 3, 3}}}, {1, 3, 4, 15, 14}, true},
          {{10, 6, {{3, 1, 1}, {2, 1, 1}, {1, 0, 0}}}, {2, 10, 5, 4, 4}, true},
          {{4, 8, {{3, 3, 3}, {1, 1, 1}, {1, 1, 1}}, true}, {1, 4, 3, 6, 5}, false}};
}

/// A layer with values and statistics that leave nothing at 0 or 1.
ConvLayer make_layer(torch::nn::Module& module, const Case& c) {
  ConvLayer layer(module, "block.conv", c.has_norm ? "block.norm" : "", c.options);
  layer.initialize();
  const torch::NoGradGuard no_grad;
  for (auto& item : module.named_parameters())
    if (item.value().dim() == 1) item.value().uniform_(0.5, 1.5);
  for (auto& item : module.named_buffers())
    if (item.value().is_floating_point()) item.value().uniform_(0.5, 1.5);
  return layer;
}

TEST(ConvLayer, PackedEqualsConvolutionNormalisationSumAndReluInTurn) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(1);
  for (const Case& c : cases()) {
    torch::nn::Module module("test");
    ConvLayer layer = make_layer(module, c);
    const torch::Tensor x = torch::randn(c.input);
    const torch::Tensor plain = layer(x);
    const torch::Tensor residual = torch::randn_like(plain);
    const torch::Tensor summed = layer(x, Activation::kRelu, residual.clone());
    EXPECT_LT(relative_error(summed, (plain + residual).relu()), 1e-6);
    EXPECT_EQ(module.parameters().size(), c.has_norm ? 3U : 2U);

    layer.pack(Precision::kFloat32);
    EXPECT_TRUE(module.parameters().empty());
    EXPECT_TRUE(module.buffers().empty());
    const auto format =
        x.dim() == 5 ? torch::MemoryFormat::ChannelsLast3d : torch::MemoryFormat::ChannelsLast;
    EXPECT_LT(relative_error(layer(x), plain), 1e-5) << c.options.geometry.kernel;
    EXPECT_LT(relative_error(layer(x, Activation::kRelu), plain.relu()), 1e-5);
    EXPECT_LT(
        relative_error(layer(x, Activation::kRelu, residual.contiguous(format).clone()), summed),
        1e-5);
    EXPECT_LT(relative_error(layer(x.contiguous(format)), plain), 1e-5);
  }
}

TEST(ConvLayer, Bfloat16FollowsFloat32) {
  if (!has_bfloat16()) GTEST_SKIP() << "needs a processor with AVX-512 BF16";
  const torch::NoGradGuard no_grad;
  torch::manual_seed(2);
  for (const Case& c : cases()) {
    torch::nn::Module module("test");
    ConvLayer layer = make_layer(module, c);
    const torch::Tensor x = torch::randn(c.input);
    const torch::Tensor plain = layer(x, Activation::kRelu);
    layer.pack(Precision::kFloat32);
    layer.pack(Precision::kBfloat16);
    const torch::Tensor rounded = layer(x, Activation::kRelu);
    EXPECT_EQ(rounded.scalar_type(), torch::kBFloat16);
    EXPECT_LT(relative_error(rounded.to(torch::kFloat32), plain), 2e-2);
  }
}

TEST(ConvLayer, RowsDoNotDependOnTheirBatch) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(3);
  for (const Case& c : cases()) {
    torch::nn::Module module("test");
    ConvLayer layer = make_layer(module, c);
    layer.pack(Precision::kFloat32);
    std::vector<int64_t> sizes = c.input;
    sizes[0] = 5;
    const torch::Tensor x = torch::randn(sizes);
    const torch::Tensor batch = layer(x);
    for (int64_t i = 0; i < 5; ++i)
      EXPECT_LT(relative_error(layer(x.slice(0, i, i + 1)), batch.slice(0, i, i + 1)), 1e-6);
  }
}

TEST(ConvLayer, SmallerInputsThanTheKernelAreRefused) {
  torch::nn::Module module("test");
  ConvLayer layer(module, "conv", "", {3, 4, {{5, 5}, {1, 1}, {0, 0}}, true});
  layer.initialize();
  layer.pack(Precision::kFloat32);
  EXPECT_ANY_THROW(layer(torch::randn({1, 3, 4, 8})));
}

TEST(Submodule, PathsShareTheirBeginnings) {
  torch::nn::Module module("test");
  submodule(module, "a.b").register_parameter("x", torch::ones({2}), false);
  submodule(module, "a.c.0").register_parameter("y", torch::ones({3}), false);
  EXPECT_EQ(&submodule(module, "a.b"), &submodule(submodule(module, "a"), "b"));
  EXPECT_EQ(&submodule(module, ""), &module);
  std::vector<std::string> names;
  for (const auto& item : module.named_parameters()) names.push_back(item.key());
  EXPECT_EQ(names, (std::vector<std::string>{"a.b.x", "a.c.0.y"}));
}

TEST(ResidualBlock, AddsTheShortcutBeforeTheLastRelu) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(4);
  for (const bool projected : {false, true}) {
    torch::nn::Module module("test");
    const int64_t out = projected ? 6 : 4;
    ConvLayer first(module, "conv1", "bn1", ConvOptions::square(4, 5, 3));
    ConvLayer second(module, "conv2", "bn2", ConvOptions::square(5, out, 3));
    ConvLayer projection(module, "down.0", "down.1", ConvOptions::square(4, out, 1));
    ResidualBlock block;
    block.add(first);  // shares its tensors
    block.add(second);
    if (projected) block.set_projection(projection);
    for (ConvLayer* layer : {&first, &second, &projection}) layer->initialize();
    const torch::Tensor x = torch::randn({2, 4, 6, 5});
    const torch::Tensor shortcut = projected ? projection(x) : x;
    const torch::Tensor expected = (second(first(x).relu()) + shortcut).relu();
    EXPECT_LT(relative_error(block(x.clone()), expected), 1e-6);
    block.pack(Precision::kFloat32);
    EXPECT_LT(
        relative_error(block(x.contiguous(torch::MemoryFormat::ChannelsLast).clone()), expected),
        1e-5);
  }
}

}  // namespace
}  // namespace vidqa::features
