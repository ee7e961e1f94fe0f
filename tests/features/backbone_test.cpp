#include "features/backbone.h"

#include <cmath>
#include <future>
#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "features/hash.h"
#include "features/network_threads.h"
#include "features/weights.h"
#include "tests/features/closed_form.h"
#include "tests/features/weights_files.h"
#include "tests/testing/errors.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::relative_error;
using testing::TempDir;

BackbonePtr make_network(const std::string& name) {
  const BackboneEntry& entry = backbone_entry(name);
  const BackbonePtr network = entry.make(entry);
  network->eval();
  return network;
}

LoadedBackbone load(const std::string& name, const std::string& weights) {
  BackboneOptions options;
  options.name = name;
  options.weights = weights;
  return make_backbone(options);
}

StateDict copy_of(const torch::nn::Module& module) {
  StateDict tensors = testing::state_dict_of(module);
  for (auto& [name, tensor] : tensors) tensor = tensor.clone();
  return tensors;
}

/// Weights with statistics that differ from ones and zeros, so that folding has something to fold.
void set_random_statistics(torch::nn::Module& module) {
  for (auto& entry : module.named_buffers()) {
    if (entry.key().find("running_mean") != std::string::npos) entry.value().normal_(0, 0.1);
    if (entry.key().find("running_var") != std::string::npos) entry.value().uniform_(0.5, 1.5);
  }
}

std::string message_of(const std::string& name, const std::string& weights) {
  return testing::error_of([&] { load(name, weights); });
}

TEST(Backbone, UnknownNamesAndMissingWeightsSayWhatIsAccepted) {
  EXPECT_THAT(
      message_of("resnet19", "random:1"),
      AllOf(HasSubstr("'resnet19'"),
            HasSubstr("resnet18, resnet34, resnet50, resnet101, resnet152, resnext101_32x8d")));
  EXPECT_THAT(message_of("resnet18", ""),
              AllOf(HasSubstr("no weights"), HasSubstr("random:SEED"), HasSubstr(".safetensors")));
  EXPECT_THAT(message_of("resnet18", "random:"), HasSubstr("random:SEED"));
  EXPECT_THAT(message_of("resnet18", "random:-1"), HasSubstr("random:SEED"));
  EXPECT_THAT(message_of("resnet18", "random:1x"), HasSubstr("random:SEED"));
  EXPECT_THAT(message_of("resnet18", "/absent/weights.pth"), HasSubstr("/absent/weights.pth"));
}

TEST(Backbone, ParametersAreAsManyAsPublished) {
  // torchvision's documented counts, for c3d those of the Sports-1M weights, less the classifier's.
  struct Published {
    int64_t parameters, features, classes;
  };
  const std::map<std::string, Published> published = {{"resnet18", {11689512, 512, 1000}},
                                                      {"resnet34", {21797672, 512, 1000}},
                                                      {"resnet50", {25557032, 2048, 1000}},
                                                      {"resnet101", {44549160, 2048, 1000}},
                                                      {"resnet152", {60192808, 2048, 1000}},
                                                      {"resnext101_32x8d", {88791336, 2048, 1000}},
                                                      {"resnext101_64x4d", {83455272, 2048, 1000}},
                                                      {"vgg16", {138357544, 4096, 1000}},
                                                      {"vit_b_16", {86567656, 768, 1000}},
                                                      {"r2plus1d_18", {31505325, 512, 400}},
                                                      {"c3d", {79991015, 4096, 487}}};
  EXPECT_EQ(backbone_table().size(), published.size());
  for (const auto& [name, expected] : published) {
    const BackbonePtr network = make_network(name);
    int64_t parameters = 0;
    for (const torch::Tensor& parameter : network->parameters()) parameters += parameter.numel();
    EXPECT_EQ(parameters + (expected.features + 1) * expected.classes, expected.parameters) << name;
    EXPECT_EQ(network->name(), name);
    EXPECT_EQ(network->dim(), expected.features) << name;
  }
}

TEST(Backbone, PresetIsThatOfTheWeights) {
  const auto preset = [](const char* name, const char* hash) {
    return preset_of_weights(backbone_entry(name), hash);
  };
  EXPECT_EQ(preset("resnet101", "63fe2227"), "torchvision-v1");  // IMAGENET1K_V1
  EXPECT_EQ(preset("resnet101", "cd907fc2"), "torchvision-v2");  // IMAGENET1K_V2
  EXPECT_EQ(preset("resnext101_64x4d", "random:1"), "torchvision-v2");
  EXPECT_EQ(preset("r2plus1d_18", "91a641e6"), "torchvision-video");
  EXPECT_EQ(load("resnet18", "random:1").input.transform.preset, "torchvision-v1");
  for (const BackboneEntry& entry : backbone_table())
    EXPECT_EQ(frame_preset(entry.preset).preset, entry.preset);
}

TEST(Backbone, RandomWeightsAreAFunctionOfTheSeed) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::randn({1, 3, 64, 64});
  const torch::Tensor before = at::detail::getDefaultCPUGenerator().get_state();
  const LoadedBackbone first = load("resnet18", "random:3");
  EXPECT_TRUE(torch::equal(at::detail::getDefaultCPUGenerator().get_state(), before));
  torch::manual_seed(99);
  const LoadedBackbone again = load("resnet18", "random:3");
  const LoadedBackbone other = load("resnet18", "random:4");
  const torch::Tensor features = first.network->forward(images);
  EXPECT_TRUE(torch::equal(features, again.network->forward(images)));
  EXPECT_GT(relative_error(features, other.network->forward(images)), 0.01);
  EXPECT_EQ(first.weights_description, "random:3");
  EXPECT_EQ(first.weights_hash, "random:3");
}

TEST(Backbone, RandomConvolutionsHaveTheSpreadOfHe) {
  const BackbonePtr network = make_network("resnet50");
  network->initialize();
  const StateDict tensors = testing::state_dict_of(*network);
  const torch::Tensor& weight = tensors.at("layer3.0.conv2.weight");  // 256 x 256 x 3 x 3
  EXPECT_NEAR(weight.std().item<double>(), std::sqrt(2.0 / (256 * 9)), 2e-4);
  EXPECT_TRUE(torch::equal(tensors.at("layer3.0.bn2.weight"), torch::ones({256})));
}

TEST(Backbone, OptimisedNetworkEqualsTheEager) {
  const torch::NoGradGuard no_grad;
  const std::map<std::string, std::vector<int64_t>> inputs = {{"resnet18", {2, 3, 96, 80}},
                                                              {"resnet50", {2, 3, 64, 64}},
                                                              {"resnext101_32x8d", {1, 3, 32, 32}},
                                                              {"r2plus1d_18", {1, 3, 8, 32, 32}}};
  for (const auto& [name, sizes] : inputs) {
    torch::manual_seed(5);
    const BackbonePtr network = make_network(name);
    network->initialize();
    set_random_statistics(*network);
    const torch::Tensor input = torch::randn(sizes);
    const torch::Tensor plain = network->forward(input);
    network->optimize_for_inference(Precision::kFloat32);
    EXPECT_LT(relative_error(network->forward(input), plain), 1e-4) << name;
    EXPECT_TRUE(network->parameters().empty() && network->buffers().empty()) << name;
  }
}

TEST(Backbone, StagesAndMapsAgreeWithTheirAverages) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, sizes] :
       {std::pair<std::string, std::vector<int64_t>>{"resnet18", {2, 3, 64, 96}},
        {"r2plus1d_18", {1, 3, 8, 32, 32}}}) {
    const LoadedBackbone loaded = load(name, "random:2");
    const torch::Tensor input = torch::randn(sizes);
    for (const LayerEntry& layer : backbone_entry(name).layers) {
      loaded.network->select_output(layer.name, false);
      const torch::Tensor vector = loaded.rows(input);
      EXPECT_EQ(vector.sizes(), (std::vector<int64_t>{sizes[0], layer.dim}));
      loaded.network->select_output(layer.name, true);
      const torch::Tensor map = loaded.rows(input);
      EXPECT_EQ(map.size(1), layer.map_dim);
      EXPECT_LT(relative_error(map.mean({2, 3}), vector), 1e-5) << name << " " << layer.name;
    }
  }
}

TEST(Backbone, LayersAreNamedWhereAnotherIsAskedFor) {
  BackboneOptions options;
  options.name = "vgg16";
  options.weights = "/absent.pth";
  options.layer = "fc8";
  EXPECT_THAT(testing::error_of([&] { make_backbone(options); }),
              HasSubstr("vgg16 has no layer 'fc8'; accepted: fc7, fc6, pool5"));
  options.layer = "fc6";
  options.spatial_map = true;
  EXPECT_THAT(testing::error_of([&] { make_backbone(options); }),
              HasSubstr("layer fc6 has no spatial map; layers with one: pool5"));
  options.name = "resnet18";
  options.layer = "";
  options.spatial_map = false;
  options.clip_length = 16;
  EXPECT_THAT(testing::error_of([&] { make_backbone(options); }), HasSubstr("clips of 1, got"));
}

TEST(Backbone, RowsCanBeGivenLengthOne) {
  BackboneOptions options;
  options.weights = "random:1";
  const torch::Tensor images = torch::randn({2, 3, 64, 64});
  const torch::Tensor rows = make_backbone(options).rows(images);
  options.l2_normalize = true;
  const torch::Tensor unit = make_backbone(options).rows(images);
  EXPECT_LT(relative_error(unit.norm(2, 1), torch::ones({2})), 1e-6);
  EXPECT_LT(relative_error(unit * rows.norm(2, 1, true), rows), 1e-6);
}

TEST(Backbone, Bfloat16TellsItsErrorOnTheFirstBatch) {
  if (!has_bfloat16()) GTEST_SKIP() << "needs a processor with AVX-512 BF16";
  BackboneOptions options;
  options.weights = "random:1";
  const torch::Tensor images = torch::randn({2, 3, 64, 64});
  const torch::Tensor exact = make_backbone(options).rows(images);
  options.precision = Precision::kBfloat16;
  const LoadedBackbone loaded = make_backbone(options);
  EXPECT_EQ(loaded.precision_note(), "");
  loaded.rows(images.slice(0, 0, 0));  // nothing to compare
  EXPECT_EQ(loaded.precision_note(), "");
  const torch::Tensor rounded = loaded.rows(images);
  EXPECT_THAT(loaded.precision_note(),
              AllOf(HasSubstr("first batch of 2"), HasSubstr("cosine 0.99"),
                    HasSubstr("times the time of float32")));
  EXPECT_GT(torch::cosine_similarity(rounded, exact, 1).min().item<double>(), 0.99);
  EXPECT_GT(relative_error(rounded, exact), 1e-5);
  EXPECT_TRUE(torch::equal(loaded.rows(images), rounded));
}

TEST(Backbone, NamesOfTheReleasedTransformerAreKnown) {
  const BackbonePtr network = make_network("vit_b_16");
  EXPECT_EQ(network->current_name("encoder.layers.encoder_layer_3.mlp.linear_1.weight"),
            "encoder.layers.encoder_layer_3.mlp.0.weight");
  EXPECT_EQ(network->current_name("encoder.layers.encoder_layer_3.mlp.linear_2.bias"),
            "encoder.layers.encoder_layer_3.mlp.3.bias");
  const StateDict tensors = testing::state_dict_of(*network);
  for (const auto& [name, tensor] : tensors) EXPECT_EQ(network->current_name(name), name);
  EXPECT_EQ(tensors.count("encoder.layers.encoder_layer_3.mlp.0.weight"), 1U);
}

TEST(Backbone, RowsAreTheSameBitsInEveryBatch) {
  const torch::InferenceMode inference;
  const LoadedBackbone backbone = load("resnet18", "random:1");
  const torch::Tensor images = torch::randn({16, 3, 70, 64});
  const torch::Tensor batch = backbone.rows(images);
  for (const auto& [begin, end] : {std::pair{0, 1}, {1, 4}, {9, 16}, {15, 16}})
    EXPECT_TRUE(
        torch::equal(backbone.rows(images.slice(0, begin, end)), batch.slice(0, begin, end)))
        << begin << " to " << end << " of 16";
  EXPECT_EQ(backbone.rows(images.slice(0, 0, 0)).sizes(), (std::vector<int64_t>{0, 512}));
}

TEST(Backbone, WeightsComeFromAFileWithOrWithoutClassifier) {
  const torch::NoGradGuard no_grad;
  const TempDir folder;
  const std::string path = folder.file("w.safetensors");
  torch::manual_seed(6);
  const BackbonePtr network = make_network("resnet18");
  network->initialize();
  set_random_statistics(*network);
  StateDict tensors = copy_of(*network);
  tensors["fc.weight"] = torch::zeros({1000, 512});
  tensors["fc.bias"] = torch::zeros({1000});
  testing::write_safetensors(path, tensors);

  const LoadedBackbone loaded = load("resnet18", path);
  const torch::Tensor images = torch::randn({1, 3, 64, 64});
  EXPECT_LT(relative_error(loaded.network->forward(images), network->forward(images)), 1e-5);
  EXPECT_FALSE(loaded.network->is_training());
  EXPECT_FALSE(loaded.rows(images).requires_grad());
  EXPECT_EQ(loaded.weights_description, "w.safetensors");
  EXPECT_EQ(loaded.weights_hash, sha256_file(path));

  EXPECT_THAT(message_of("resnet34", path),
              AllOf(HasSubstr(path), HasSubstr("does not fit resnet34"),
                    HasSubstr("'layer1.2.bn1.bias' is missing")));
  tensors["head.weight"] = torch::zeros({1});
  testing::write_safetensors(path, tensors);
  EXPECT_THAT(message_of("resnet18", path),
              HasSubstr("'head.weight' is not a tensor of this network"));
}

// From the first batch on, which packs the weights.
TEST(Backbone, GivesTheSameRowsToSeveralThreadsAtOnce) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    if (precision == Precision::kBfloat16 && !has_bfloat16()) continue;
    BackboneOptions options;
    options.weights = "random:1";
    options.precision = precision;
    std::vector<torch::Tensor> images;
    for (int i = 0; i < 24; ++i) images.push_back(torch::randn({3, 64, 64}));
    const LoadedBackbone shared = make_backbone(options);
    NetworkThreads network([&](const torch::Tensor& inputs) { return shared.rows(inputs); }, 4);
    std::vector<std::future<torch::Tensor>> rows;
    for (size_t i = 0; i < images.size(); i += 3)
      rows.push_back(network.run({images[i], images[i + 1], images[i + 2]}));
    const torch::Tensor expected = make_backbone(options).rows(torch::stack(images));
    for (size_t i = 0; i < rows.size(); ++i)
      EXPECT_LT(relative_error(rows[i].get(), expected.narrow(0, static_cast<int64_t>(3 * i), 3)),
                precision == Precision::kFloat32 ? 1e-6 : 1e-2)
          << i;
  }
}

}  // namespace
}  // namespace vidqa::features
