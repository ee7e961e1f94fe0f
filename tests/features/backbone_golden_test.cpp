#include <cmath>

#include <gtest/gtest.h>
#include <hdf5.h>
#include <torch/torch.h>

#include "features/backbone.h"
#include "features/hdf5_handles.h"
#include "tests/features/closed_form.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"

// golden/backbones.h5: torchvision's networks on weights and inputs of a closed form, which its
// attribute `doc` and, for VGG-16, `rule` give.

namespace vidqa::features {
namespace {

using testing::relative_error;

constexpr double kTolerance = 1e-4;

std::filesystem::path golden_path() { return testing::shared_dir() / "golden" / "backbones.h5"; }

std::vector<std::string> golden_groups() {
  return std::filesystem::exists(golden_path())
             ? testing::GoldenFile(golden_path().string()).names("/")
             : std::vector<std::string>{};
}

/// Numbers of an attribute.
template <typename T>
std::vector<T> numbers(const std::string& group, const std::string& name, hid_t type) {
  const std::string doing = "read attribute " + name + " of " + group;
  const Hdf5Handle file(H5Fopen(golden_path().c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose,
                        doing);
  const Hdf5Handle attribute(
      H5Aopen_by_name(file, group.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
      doing);
  const Hdf5Handle space(H5Aget_space(attribute), H5Sclose, doing);
  std::vector<T> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space)));
  check_hdf5(H5Aread(attribute, type, values.data()), doing);
  return values;
}

torch::Tensor sine_weight(const std::string& name, const torch::Tensor& like, int64_t k,
                          double gain) {
  const auto contains = [&](const char* part) { return name.find(part) != std::string::npos; };
  const torch::Tensor s = testing::sine_of_rank(like, k);
  if (contains("running_var")) return 1 + 0.5 * s * s;
  if (contains("running_mean") || contains("class_token") || contains("pos_embedding"))
    return 0.1 * s;
  if (like.dim() >= 2) return gain * s / std::sqrt(testing::fan_in(like));
  return contains(".weight") ? 1 + 0.1 * s : 0.1 * s;
}

/// The rule of VGG-16: a hash of element and rank.
torch::Tensor hashed_weight(const torch::Tensor& like, int64_t k) {
  const float scale =
      like.dim() >= 2
          ? static_cast<float>(1.41421356 * 1.7320508 / std::sqrt(testing::fan_in(like)))
          : 0.1F;
  torch::Tensor result = torch::empty(like.sizes());
  auto* out = result.data_ptr<float>();
  const auto offset = static_cast<uint32_t>((static_cast<uint64_t>(k) + 1) * 40503 * 65537);
  for (int64_t i = 0; i < like.numel(); ++i) {
    uint32_t h = static_cast<uint32_t>(i + 1) * 2654435761U + offset;
    h ^= h >> 15;
    h *= 2246822519U;
    h ^= h >> 13;
    out[i] = scale * static_cast<float>(h / 2147483648.0 - 1);
  }
  return result;
}

torch::Tensor closed_form_input(const std::vector<int64_t>& shape) {
  const torch::Tensor i = torch::arange(c10::multiply_integers(shape), torch::kFloat64);
  return (torch::sin(0.013 * i) + 0.5 * torch::sin(0.0007 * i * 1.7 + 1))
      .view(shape)
      .to(torch::kFloat32);
}

std::vector<std::string> names_of_classifier(const std::string& backbone) {
  const std::string name = backbone == "vgg16"      ? "classifier.6"
                           : backbone == "vit_b_16" ? "heads.head"
                                                    : "fc";
  return {name + ".weight", name + ".bias"};
}

class BackboneGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(BackboneGolden, EqualsTorchvision) {
  const std::string& name = GetParam();
  const std::string group = "/" + name;
  const testing::GoldenFile golden(golden_path().string());
  const BackboneEntry& entry = backbone_entry(name);
  const BackbonePtr network = entry.make(entry);
  const double gain =
      name == "vgg16" ? 0 : numbers<double>(group, "gain", H5T_NATIVE_DOUBLE).front();
  testing::fill_by_rank(*network, names_of_classifier(name),
                        [&](const std::string& tensor, const torch::Tensor& like, int64_t k) {
                          return name == "vgg16" ? hashed_weight(like, k)
                                                 : sine_weight(tensor, like, k, gain);
                        });
  network->eval();
  network->optimize_for_inference(Precision::kFloat32);

  const torch::NoGradGuard no_grad;
  const torch::Tensor input =
      closed_form_input(numbers<int64_t>(group, "input_shape", H5T_NATIVE_INT64));
  for (const std::string& output : golden.names(group + "/outputs64")) {
    const torch::Tensor expected = golden.tensor(group + "/outputs64/" + output);
    torch::Tensor actual;
    if (output == "map7_mean_std") {
      network->select_output("", true);
      const torch::Tensor map = network->forward(input).to(torch::kFloat64);
      actual = torch::stack({map.mean(), map.std()});
    } else {
      network->select_output(output == "pool" ? "pool5" : output, false);
      actual = network->forward(input);
    }
    EXPECT_LT(relative_error(actual, expected), kTolerance) << output;
  }
}

INSTANTIATE_TEST_SUITE_P(, BackboneGolden, ::testing::ValuesIn(golden_groups()),
                         [](const auto& info) { return testing::test_name(info.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BackboneGolden);

}  // namespace
}  // namespace vidqa::features
