#include "features/extract_like.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <torch/torch.h>

#include "features/backbone.h"
#include "features/extractor.h"
#include "features/feature_store.h"
#include "features/hash.h"
#include "features/video_reader.h"
#include "features/video_writer.h"
#include "tests/features/weights_files.h"
#include "tests/testing/errors.h"
#include "tests/testing/feature_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;

/// Clips a, b and c; a feature file of a and b.
class ExtractLike : public ::testing::Test {
 protected:
  ExtractLike() {
    int seed = 0;
    for (const char* name : {"a", "b", "c"}) {
      VideoWriter writer(video(name), {48, 32, 10, 20});
      for (int i = 0; i < 14; ++i)
        writer.write(cv::Mat(32, 48, CV_8UC3, cv::Scalar(40 * seed, 15 * i, 90 + 7 * seed)));
      writer.close();
      ++seed;
    }
    options_.videos = {video("a"), video("b")};
    options_.output = folder_.file("features.h5");
    options_.backbone.name = "resnet18";
    options_.backbone.weights = "random:3";
    options_.backbone.frames.resize_size = 34;
    options_.backbone.frames.crop_size = 32;
    options_.batch_size = 3;
  }

  std::string video(const std::string& name) const { return folder_.file(name + ".mp4"); }
  ExtractLikeOptions like(const std::string& name) const {
    return {options_.output, video(name), {}, "cpu", folder_.file("like_" + name + ".h5")};
  }

  testing::TempDir folder_;
  ExtractOptions options_;
};

TEST_F(ExtractLike, AClipGetsTheRowsThatItWouldHaveHadInTheFile) {
  int number = 0;
  const auto expect_equal_rows = [&](const ExtractOptions& options) {
    extract(options, {});
    const FeatureReader expected(options.output);
    for (const char* name : {"a", "b"}) {
      ExtractLikeOptions asked = like(name);
      asked.like = options.output;
      asked.output = folder_.file(name + std::to_string(number++) + ".h5");
      EXPECT_EQ(extract_like(asked), name);
      const FeatureReader made(asked.output);
      EXPECT_TRUE(torch::equal(made.read(name), expected.read(name)));
      EXPECT_EQ(made.times_seconds(name), expected.times_seconds(name));
      EXPECT_EQ(made.attributes(), expected.attributes());
    }
  };
  const auto with = [&](auto change) {
    ExtractOptions options = options_;
    options.output = folder_.file("file" + std::to_string(number) + ".h5");
    change(options);
    return options;
  };
  expect_equal_rows(with([](auto& o) { o.frames.sampler = parse_frame_sampler("pts", 4); }));
  expect_equal_rows(with([](auto& o) {
    o.frames.sampler = parse_frame_sampler("uniform:5");
    o.backbone.frames.resize = "squash";
    o.backbone.l2_normalize = true;
    o.type = FeatureType::kFloat32;
  }));
  expect_equal_rows(with([](auto& o) {
    o.frames.sampler = parse_frame_sampler("stride:4");
    o.frames.reader.color = ColorPolicy::kOpencv;
    o.backbone.frames = FrameOverrides();
    o.backbone.frames.preset = "torchvision-video";
    o.backbone.frames.crop_top = 3;
    o.backbone.frames.crop_left = 40;
    o.backbone.frames.mean = {{0.5F, 0.25F, 0.125F}};
    o.backbone.spatial_map = true;
  }));
  expect_equal_rows(with([](auto& o) {
    o.frames.sampler = parse_frame_sampler("stride:7");
    o.backbone.frames = FrameOverrides();
    o.backbone.frames.preset = "tvqa";
  }));
}

TEST_F(ExtractLike, TakesTheWeightsWithTheHashOfTheRecipe) {
  const std::string weights = folder_.file("weights.safetensors");
  const std::string others = folder_.file("others.safetensors");
  for (const std::string& path : {weights, others}) {
    torch::manual_seed(path == weights ? 1 : 2);
    StateDict tensors;
    const BackboneEntry& entry = backbone_entry("resnet18");
    const BackbonePtr network = entry.make(entry);
    network->initialize();
    for (const auto& item : network->named_parameters()) tensors[item.key()] = item.value();
    for (const auto& item : network->named_buffers()) tensors[item.key()] = item.value();
    testing::write_safetensors(path, tensors);
  }
  options_.backbone.weights = weights;
  extract(options_, {});
  ExtractLikeOptions asked = like("a");
  asked.weights = {others, weights};
  extract_like(asked);
  EXPECT_TRUE(torch::equal(FeatureReader(asked.output).read("a"),
                           FeatureReader(options_.output).read("a")));

  for (const auto& given : {std::vector<std::string>{}, std::vector<std::string>{others}}) {
    asked.weights = given;
    const std::string error = error_of([&] { extract_like(asked); });
    EXPECT_THAT(error, AllOf(HasSubstr(options_.output), HasSubstr(sha256_file(weights)),
                             HasSubstr("--weights")));
    if (!given.empty()) {
      EXPECT_THAT(error, HasSubstr(others));
    }
  }
}

TEST_F(ExtractLike, AFileWithoutARecipeIsNamed) {
  testing::write_feature_file(options_.output, {{"a", torch::ones({3, 2})}});
  EXPECT_THAT(error_of([&] { extract_like(like("c")); }),
              AllOf(HasSubstr(options_.output), HasSubstr("`vidqa extract`")));
}

TEST_F(ExtractLike, AVideoThatCannotBeReadIsNamed) {
  extract(options_, {});
  ExtractLikeOptions asked = like("c");
  asked.video = folder_.file("nowhere.mp4");
  EXPECT_THROW(extract_like(asked), VideoError);
  asked.video = folder_.path().string();
  EXPECT_THAT(error_of([&] { extract_like(asked); }),
              AllOf(HasSubstr(asked.video), HasSubstr("name one of them")));
}

}  // namespace
}  // namespace vidqa::features
