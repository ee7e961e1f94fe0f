#include "features/backbone.h"

#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>
#include <hdf5.h>
#include <torch/torch.h>

#include "features/hash.h"
#include "features/hdf5_handles.h"
#include "features/weights.h"
#include "tests/features/weights_files.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::relative_error;
using testing::TempDir;

const BackboneEntry* find_row(const std::string& name) {
  const auto& table = backbone_table();
  const auto row = std::find_if(table.begin(), table.end(),
                                [&](const auto& entry) { return entry.name == name; });
  return row == table.end() ? nullptr : &*row;
}

StateDict state_dict_of(const torch::nn::Module& module) {
  StateDict tensors;
  for (const auto& entry : module.named_parameters())
    tensors[entry.key()] = entry.value().detach().clone();
  for (const auto& entry : module.named_buffers()) tensors[entry.key()] = entry.value().clone();
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
  try {
    make_backbone(name, weights);
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "no error";
}

TEST(Backbone, UnknownNamesAndMissingWeightsSayWhatIsAccepted) {
  EXPECT_THAT(message_of("resnet19", "random:1"),
              AllOf(HasSubstr("'resnet19'"),
                    HasSubstr("resnet18, resnet34, resnet50, resnet101, resnet152")));
  EXPECT_THAT(message_of("resnet18", ""),
              AllOf(HasSubstr("no weights"), HasSubstr("random:SEED"), HasSubstr(".safetensors")));
  EXPECT_THAT(message_of("resnet18", "random:"), HasSubstr("random:SEED"));
  EXPECT_THAT(message_of("resnet18", "random:-1"), HasSubstr("random:SEED"));
  EXPECT_THAT(message_of("resnet18", "random:1x"), HasSubstr("random:SEED"));
  EXPECT_THAT(message_of("resnet18", "/absent/weights.pth"), HasSubstr("/absent/weights.pth"));
}

TEST(Backbone, ParametersAreAsManyAsPublished) {
  // torchvision's documented counts, less the classifier's (dim + 1) * 1000.
  const std::map<std::string, int64_t> published = {{"resnet18", 11689512},
                                                    {"resnet34", 21797672},
                                                    {"resnet50", 25557032},
                                                    {"resnet101", 44549160},
                                                    {"resnet152", 60192808}};
  for (const auto& [name, count] : published) {
    ASSERT_NE(find_row(name), nullptr) << name;
    const BackbonePtr network = find_row(name)->make();
    int64_t parameters = 0;
    for (const torch::Tensor& parameter : network->parameters()) parameters += parameter.numel();
    EXPECT_EQ(parameters, count - (network->dim() + 1) * 1000) << name;
    EXPECT_EQ(network->name(), name);
    EXPECT_EQ(network->dim(), find_row(name)->dim) << name;
  }
}

TEST(Backbone, RandomWeightsAreAFunctionOfTheSeed) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::randn({1, 3, 64, 64});
  const torch::Tensor before = at::detail::getDefaultCPUGenerator().get_state();
  const LoadedBackbone first = make_backbone("resnet18", "random:3");
  EXPECT_TRUE(torch::equal(at::detail::getDefaultCPUGenerator().get_state(), before));
  torch::manual_seed(99);
  const LoadedBackbone again = make_backbone("resnet18", "random:3");
  const LoadedBackbone other = make_backbone("resnet18", "random:4");
  const torch::Tensor features = first.network->forward(images);
  EXPECT_TRUE(torch::equal(features, again.network->forward(images)));
  EXPECT_GT(relative_error(features, other.network->forward(images)), 0.01);
  EXPECT_EQ(first.weights_description, "random:3");
  EXPECT_EQ(first.weights_hash, "random:3");
}

TEST(Backbone, RandomConvolutionsHaveTheSpreadOfHe) {
  const BackbonePtr network = find_row("resnet50")->make();
  const StateDict tensors = state_dict_of(*network);
  const torch::Tensor& weight = tensors.at("layer3.0.conv2.weight");  // 256 x 256 x 3 x 3
  EXPECT_NEAR(weight.std().item<double>(), std::sqrt(2.0 / (256 * 9)), 2e-4);
  EXPECT_TRUE(torch::equal(tensors.at("layer3.0.bn2.weight"), torch::ones({256})));
}

TEST(Backbone, FoldedNetworkEqualsTheUnfolded) {
  const torch::NoGradGuard no_grad;
  for (const std::string name : {"resnet18", "resnet50"}) {
    torch::manual_seed(5);
    const BackbonePtr network = find_row(name)->make();
    set_random_statistics(*network);
    network->eval();
    const torch::Tensor images = torch::randn({2, 3, 96, 80});
    const torch::Tensor plain = network->forward(images);
    network->optimize_for_inference();
    EXPECT_LT(relative_error(network->forward(images), plain), 1e-5) << name;
    EXPECT_TRUE(network->buffers().empty()) << name;
  }
}

TEST(Backbone, BatchOfOneEqualsARowOfABatch) {
  const torch::InferenceMode inference;
  const LoadedBackbone backbone = make_backbone("resnet18", "random:1");
  const torch::Tensor images = torch::randn({3, 3, 70, 64});
  const torch::Tensor batch = backbone.network->forward(images);
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_LT(relative_error(backbone.network->forward(images.slice(0, i, i + 1)),
                             batch.slice(0, i, i + 1)),
              1e-5);
  EXPECT_EQ(backbone.network->forward(images.slice(0, 0, 0)).sizes(),
            (std::vector<int64_t>{0, 512}));
}

TEST(Backbone, WeightsComeFromAFileWithOrWithoutClassifier) {
  const torch::NoGradGuard no_grad;
  const TempDir folder;
  const std::string path = folder.file("w.safetensors");
  torch::manual_seed(6);
  const BackbonePtr network = find_row("resnet18")->make();
  set_random_statistics(*network);
  network->eval();
  StateDict tensors = state_dict_of(*network);
  tensors["fc.weight"] = torch::zeros({1000, 512});
  tensors["fc.bias"] = torch::zeros({1000});
  testing::write_safetensors(path, tensors);

  const LoadedBackbone loaded = make_backbone("resnet18", path);
  const torch::Tensor images = torch::randn({1, 3, 64, 64});
  EXPECT_LT(relative_error(loaded.network->forward(images), network->forward(images)), 1e-5);
  EXPECT_FALSE(loaded.network->is_training());
  for (const torch::Tensor& parameter : loaded.network->parameters())
    EXPECT_FALSE(parameter.requires_grad());
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

std::filesystem::path golden_path() { return testing::shared_dir() / "golden" / "backbones.h5"; }

std::vector<std::string> golden_groups() {
  return std::filesystem::exists(golden_path())
             ? testing::GoldenFile(golden_path().string()).names("/")
             : std::vector<std::string>{};
}

/// Numbers of an attribute, as many as `count`.
template <typename T>
std::vector<T> numbers(const std::string& group, const std::string& name, size_t count,
                       hid_t type) {
  std::vector<T> values(count);
  const std::string doing = "read attribute " + name + " of " + group;
  const Hdf5Handle file(H5Fopen(golden_path().c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose,
                        doing);
  const Hdf5Handle attribute(
      H5Aopen_by_name(file, group.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
      doing);
  const Hdf5Handle space(H5Aget_space(attribute), H5Sclose, doing);
  TORCH_CHECK(H5Sget_simple_extent_npoints(space) == static_cast<hssize_t>(count), doing, ": not ",
              count, " numbers");
  check_hdf5(H5Aread(attribute, type, values.data()), doing);
  return values;
}

/// The closed form of the file's attribute `doc`: entry number `k` of the sorted state dict.
torch::Tensor closed_form_weight(const std::string& name, const torch::Tensor& like, int64_t k,
                                 double gain) {
  const auto ends = [&](const std::string& end) {
    return name.size() > end.size() && name.substr(name.size() - end.size()) == end;
  };
  const torch::Tensor s =
      torch::sin(0.37 * torch::arange(like.numel(), torch::kFloat64) + static_cast<double>(k))
          .view(like.sizes());
  if (ends(".running_var")) return 1 + 0.5 * s * s;
  if (ends(".running_mean")) return 0.1 * s;
  if (like.dim() >= 2)
    return gain * s / std::sqrt(static_cast<double>(like.numel() / like.size(0)));
  return ends(".weight") ? 1 + 0.1 * s : 0.1 * s;
}

torch::Tensor closed_form_images(const std::vector<int64_t>& shape) {
  const torch::Tensor i = torch::arange(c10::multiply_integers(shape), torch::kFloat64);
  return (torch::sin(0.013 * i) + 0.5 * torch::sin(0.0007 * i * 1.7 + 1))
      .view(shape)
      .to(torch::kFloat32);
}

class BackboneGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(BackboneGolden, Pool5EqualsTorchvision) {
  const BackboneEntry* row = find_row(GetParam());
  if (row == nullptr) GTEST_SKIP() << GetParam() << " is not in backbone_table()";
  const std::string group = "/" + GetParam();
  const testing::GoldenFile golden(golden_path().string());
  const double gain = numbers<double>(group, "gain", 1, H5T_NATIVE_DOUBLE).front();
  const torch::Tensor images =
      closed_form_images(numbers<int64_t>(group, "input_shape", 4, H5T_NATIVE_INT64));

  const torch::NoGradGuard no_grad;
  const BackbonePtr network = row->make();
  StateDict tensors = state_dict_of(*network);
  tensors["fc.weight"] = torch::empty({1000, network->dim()});  // counts in the numbering
  tensors["fc.bias"] = torch::empty({1000});
  int64_t k = 0;
  for (auto& [name, tensor] : tensors) {
    if (tensor.is_floating_point())
      tensor = closed_form_weight(name, tensor, k, gain).to(torch::kFloat32);
    ++k;
  }
  load_state_dict(*network, tensors, golden_path().string(), {"fc."});
  network->eval();
  network->optimize_for_inference();
  EXPECT_LT(relative_error(network->forward(images), golden.tensor(group + "/outputs/pool5")),
            1e-4);
}

INSTANTIATE_TEST_SUITE_P(, BackboneGolden, ::testing::ValuesIn(golden_groups()),
                         [](const auto& info) { return testing::test_name(info.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BackboneGolden);

}  // namespace
}  // namespace vidqa::features
