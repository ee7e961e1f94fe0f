#include "features/torchscript_backbone.h"

#include <gmock/gmock.h>
#include <torch/script.h>
#include <torch/torch.h>

#include "features/hash.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kVector = R"(
def forward(self, x):
    return torch.relu(torch.conv2d(x, self.weight, self.bias)).mean([2, 3])
)";
constexpr const char* kMap = R"(
def forward(self, x):
    return torch.conv2d(x, self.weight, self.bias)
)";
constexpr const char* kClips = R"(
def forward(self, x):
    return torch.stack([x.mean([1, 2, 3, 4]), x.amax([1, 2, 3, 4])], 1) + self.bias[0]
)";

class Torchscript : public ::testing::Test {
 protected:
  Torchscript() : path_(folder_.file("network.pt")) {
    torch::manual_seed(1);
    weight_ = torch::randn({5, 3, 3, 3});
    bias_ = torch::randn({5});
    options_.torchscript = path_;
  }
  torch::jit::Module module(const std::string& code) const {
    torch::jit::Module module("__torch__.network");
    module.register_parameter("weight", weight_, false);
    module.register_parameter("bias", bias_, false);
    module.register_attribute("training", c10::BoolType::get(), true);
    module.define(code);
    return module;
  }
  void save(const std::string& code, const std::string& settings = "") const {
    torch::jit::ExtraFilesMap extra;
    if (!settings.empty()) extra["vidqa.json"] = settings;
    module(code).save(path_, extra);
  }
  std::string error() const {
    return testing::error_of([&] { make_backbone(options_); });
  }

  const testing::TempDir folder_;
  std::string path_;
  torch::Tensor weight_, bias_;
  BackboneOptions options_;
};

constexpr const char* kSettings =
    R"({"input_size": 24, "mean": [0.5, 0.4, 0.3], "std": [0.1, 0.2, 0.3]})";

TEST_F(Torchscript, GivesWhatItsForwardGives) {
  save(kVector, kSettings);
  const LoadedBackbone loaded = make_backbone(options_);
  EXPECT_EQ(loaded.dim, 5);
  EXPECT_EQ(loaded.name, "network.pt");
  EXPECT_EQ(loaded.weights_hash, sha256_file(path_));
  EXPECT_EQ(loaded.input.clip_length, 1);
  EXPECT_EQ(loaded.input.transform.crop_size, 24);
  EXPECT_EQ(loaded.input.transform.resize_size, 24);
  EXPECT_EQ(loaded.input.transform.mean[1], 0.4F);
  EXPECT_EQ(loaded.input.transform.deviation[2], 0.3F);
  const torch::Tensor images = torch::randn({3, 3, 24, 24});
  const torch::Tensor expected = torch::conv2d(images, weight_, bias_).relu().mean({2, 3});
  EXPECT_LT(testing::relative_error(loaded.rows(images), expected), 1e-5);
  EXPECT_EQ(loaded.rows(images.slice(0, 0, 0)).sizes(), (std::vector<int64_t>{0, 5}));
}

TEST_F(Torchscript, OptionsWinOverTheFileAndTheFileOverAttributes) {
  torch::jit::Module network = module(kVector);
  network.register_attribute("input_size", c10::IntType::get(), 20);
  network.register_attribute("mean", c10::ListType::ofFloats(), std::vector<double>{0.1, 0.2, 0.3});
  network.register_attribute("std", c10::ListType::ofFloats(), std::vector<double>{1, 2, 3});
  network.save(path_);
  EXPECT_EQ(make_backbone(options_).input.transform.deviation[1], 2);
  EXPECT_EQ(make_backbone(options_).input.transform.crop_size, 20);

  network.save(path_, {{"vidqa.json", R"({"std": [4, 5, 6]})"}});
  EXPECT_EQ(make_backbone(options_).input.transform.deviation[1], 5);
  options_.frames.deviation = {7, 8, 9};
  options_.frames.crop_size = 16;
  const LoadedBackbone loaded = make_backbone(options_);
  EXPECT_EQ(loaded.input.transform.deviation[1], 8);
  EXPECT_EQ(loaded.input.transform.mean[0], 0.1F);
  EXPECT_EQ(loaded.input.transform.crop_size, 16);
  EXPECT_EQ(loaded.input.transform.resize_size, 16);
}

TEST_F(Torchscript, PresetStandsForTheSettings) {
  save(kVector, R"({"preset": "tvqa"})");
  EXPECT_EQ(make_backbone(options_).input.transform.resize, "squash");
  options_.frames.preset = "torchvision-v2";
  EXPECT_EQ(make_backbone(options_).input.transform.resize_size, 232);
}

TEST_F(Torchscript, MapsHaveToBeAskedFor) {
  save(kMap, kSettings);
  EXPECT_THAT(error(), HasSubstr("gives a map"));
  options_.spatial_map = true;
  const LoadedBackbone loaded = make_backbone(options_);
  const torch::Tensor images = torch::randn({2, 3, 24, 24});
  EXPECT_LT(testing::relative_error(loaded.rows(images), torch::conv2d(images, weight_, bias_)),
            1e-5);
  save(kVector, kSettings);
  EXPECT_THAT(error(), HasSubstr("no spatial map"));
}

TEST_F(Torchscript, ClipsAreTaken) {
  save(kClips, R"({"input_size": 8, "mean": [0, 0, 0], "std": [1, 1, 1], "clip_length": 4})");
  const LoadedBackbone loaded = make_backbone(options_);
  EXPECT_EQ(loaded.input.clip_length, 4);
  EXPECT_EQ(loaded.dim, 2);
  const torch::Tensor clips = torch::randn({2, 3, 4, 8, 8});
  EXPECT_LT(
      testing::relative_error(loaded.rows(clips).select(1, 1), clips.amax({1, 2, 3, 4}) + bias_[0]),
      1e-6);
  options_.clip_length = 2;
  EXPECT_EQ(make_backbone(options_).input.clip_length, 2);
}

TEST_F(Torchscript, Bfloat16TellsItsError) {
  if (!has_bfloat16()) GTEST_SKIP() << "needs a processor with AVX-512 BF16";
  save(kVector, kSettings);
  options_.precision = Precision::kBfloat16;
  const LoadedBackbone loaded = make_backbone(options_);
  EXPECT_EQ(loaded.precision_note(), "");
  const torch::Tensor images = torch::randn({2, 3, 24, 24});
  const torch::Tensor expected = torch::conv2d(images, weight_, bias_).relu().mean({2, 3});
  const double error_of_first = testing::relative_error(loaded.rows(images), expected);
  EXPECT_LT(error_of_first, 2e-2);
  EXPECT_GT(error_of_first, 1e-6);
  EXPECT_THAT(loaded.precision_note(), HasSubstr("cosine 0.99"));
  torch::jit::freeze([&] {
    torch::jit::Module network = module(kVector);
    network.eval();
    return network;
  }())
      .save(path_, {{"vidqa.json", kSettings}});
  EXPECT_THAT(error(), HasSubstr("frozen"));
}

TEST_F(Torchscript, WhatIsMissingOrWrongIsNamed) {
  save(kVector);
  EXPECT_THAT(error(),
              AllOf(HasSubstr(path_), HasSubstr("input_size, mean, std"), HasSubstr("vidqa.json")));
  options_.frames.crop_size = 24;
  EXPECT_THAT(error(), HasSubstr("says nothing of its mean, std"));
  options_.frames.crop_size.reset();
  save(kVector, R"({"input_size": 24, "means": [0, 0, 0]})");
  EXPECT_THAT(error(), HasSubstr("unknown key 'means'"));
  save(kVector, R"({"input_size": "big", "mean": [0, 0, 0], "std": [1, 1, 1]})");
  EXPECT_THAT(error(), HasSubstr(path_));
  save(kVector, R"({"input_size": 24, "mean": [0, 0], "std": [1, 1, 1]})");
  EXPECT_THAT(error(), HasSubstr("its mean must be three numbers, got 2"));
  save(kVector, "[1");
  EXPECT_THAT(error(), HasSubstr(path_));
  save("\ndef forward(self, x):\n    return [x]\n", kSettings);
  EXPECT_THAT(error(), HasSubstr("must give one tensor"));
  save("\ndef forward(self, x):\n    return x.mean()\n", kSettings);
  EXPECT_THAT(error(), HasSubstr("must give (n, D)"));
  testing::write_file(path_, "no archive");
  EXPECT_THAT(error(), HasSubstr(path_));
  options_.torchscript = "";
  options_.weights = path_;
  save(kVector, kSettings);
  EXPECT_THAT(error(), AllOf(HasSubstr(path_), HasSubstr("is a TorchScript network")));
  options_.weights = "";
  options_.torchscript = "/absent.pt";
  EXPECT_THAT(error(), HasSubstr("/absent.pt: no such"));
  options_.weights = "random:1";
  EXPECT_THAT(error(), HasSubstr("random:1"));
}

}  // namespace
}  // namespace vidqa::features
