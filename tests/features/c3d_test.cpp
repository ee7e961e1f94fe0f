#include "features/c3d.h"

#include <cmath>

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "tests/features/closed_form.h"
#include "tests/testing/errors.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

using testing::relative_error;

/// The widths of golden/hme/c3d_small.h5.
const C3dWidths kSmall = {{4, 8, 16, 16, 32, 32, 32, 32}, 32};

std::shared_ptr<C3d> make_small() {
  BackboneEntry entry = backbone_entry("c3d");
  entry.layers = {{"fc6", 32}, {"fc7", 32}, {"pool5", 512, 32}};
  return std::make_shared<C3d>(entry, kSmall);
}

TEST(C3d, OtherClipsThanThoseOfItsFullyConnectedLayersAreRefused) {
  const auto network = make_small();
  EXPECT_THAT(testing::error_of([&] {
                network->forward(torch::zeros({1, 3, 8, 112, 112}));
              }),
              ::testing::HasSubstr("(n, 3, 16, 112, 112)"));
  EXPECT_THAT(testing::error_of([&] {
                network->forward(torch::zeros({1, 3, 112, 112}));
              }),
              ::testing::HasSubstr("clips (n, 3, T, H, W)"));
}

TEST(C3d, MapIsPool5) {
  const torch::NoGradGuard no_grad;
  const auto network = make_small();
  network->initialize();
  network->optimize_for_inference(Precision::kFloat32);
  const torch::Tensor clips = torch::rand({2, 3, 16, 112, 112});
  network->select_output("pool5", false);
  const torch::Tensor flat = network->forward(clips);
  network->select_output("pool5", true);
  const torch::Tensor map = network->forward(clips);
  EXPECT_EQ(map.sizes(), (std::vector<int64_t>{2, 32, 4, 4}));
  EXPECT_TRUE(torch::equal(map.flatten(1), flat));
}

/// The clip of the file's closed form: integer arithmetic on channel, time, row and column.
torch::Tensor golden_clip(const nlohmann::json& config) {
  const auto a = config.at("a").get<int64_t>(), b = config.at("b").get<int64_t>();
  torch::Tensor clip = torch::empty({1, 3, 16, 112, 112});
  auto* out = clip.data_ptr<float>();
  for (int64_t c = 0; c < 3; ++c)
    for (int64_t t = 0; t < 16; ++t)
      for (int64_t y = 0; y < 112; ++y)
        for (int64_t x = 0; x < 112; ++x)
          *out++ = static_cast<float>((a * c + b * t + 7 * y + 3 * x + 5 * ((y * x) % 23) +
                                       11 * ((t * x) % 19) + 13 * ((y * y + t * t) % 17)) %
                                      256);
  return clip;
}

TEST(C3dGolden, EqualsThePublishedNetwork) {
  VIDQA_REQUIRE_SHARED("golden/hme/c3d_small.h5");
  const testing::GoldenFile golden(
      (testing::shared_dir() / "golden" / "hme" / "c3d_small.h5").string());
  const nlohmann::json config = golden.json_attribute("/", "config");
  const torch::Tensor clip = golden_clip(config);
  ASSERT_EQ(clip.sum(torch::kFloat64).item<int64_t>(),
            golden.tensor("/checks/clip_sum").item<int64_t>());

  const auto network = make_small();
  const double gain = config.at("g").get<double>();
  testing::fill_by_rank(*network, {"fc8.weight", "fc8.bias"},
                        [&](const std::string& name, const torch::Tensor& like, int64_t k) {
                          const torch::Tensor s = testing::sine_of_rank(like, k);
                          if (like.dim() == 1) return 0.1 * s;
                          return gain / (name == "conv1.weight" ? 64 : 1) /
                                 std::sqrt(testing::fan_in(like)) * s;
                        });
  const torch::NoGradGuard no_grad;
  for (const bool packed : {false, true}) {
    if (packed) network->optimize_for_inference(Precision::kFloat32);
    for (const std::string layer : {"pool5", "fc6", "fc7"}) {
      network->select_output(layer, false);
      EXPECT_LT(relative_error(network->forward(clip), golden.tensor("/outputs/" + layer)), 1e-4)
          << layer << (packed ? " packed" : "");
    }
  }
}

}  // namespace
}  // namespace vidqa::features
