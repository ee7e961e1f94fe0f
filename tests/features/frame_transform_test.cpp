#include "features/frame_transform.h"

#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <torch/torch.h>

#include "features/bilinear_resize.h"
#include "tests/features/golden_attribute.h"
#include "tests/testing/errors.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

using ::testing::HasSubstr;

cv::Mat random_image(int width, int height, uint64_t seed) {
  cv::Mat image(height, width, CV_8UC3);
  cv::RNG random(seed);
  random.fill(image, cv::RNG::UNIFORM, 0, 256);
  return image;
}

FrameTransformOptions shorter(int64_t resize, int64_t crop) {
  FrameTransformOptions options;
  options.resize_size = resize;
  options.crop_size = crop;
  return options;
}

FrameTransformOptions squash(int64_t crop) {
  FrameTransformOptions options = frame_preset("tvqa");
  options.crop_size = crop;
  return options;
}

/// A view of (H, W, 3) uint8 memory, which must outlive it.
cv::Mat as_image(const torch::Tensor& tensor) {
  return {static_cast<int>(tensor.size(0)), static_cast<int>(tensor.size(1)), CV_8UC3,
          tensor.data_ptr()};
}

int64_t mismatches(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size()) return -1;
  cv::Mat difference;
  cv::absdiff(a, b, difference);
  return cv::countNonZero(difference.reshape(1));
}

/// The triangle filter by its definition, in double precision, without rounding in between.
cv::Vec3d slow_pixel(const cv::Mat& image, cv::Size size, int x, int y) {
  const double scale_x = static_cast<double>(image.cols) / size.width;
  const double scale_y = static_cast<double>(image.rows) / size.height;
  cv::Vec3d sum(0, 0, 0);
  double total = 0;
  for (int v = 0; v < image.rows; ++v)
    for (int u = 0; u < image.cols; ++u) {
      const double distance_x = std::abs(u + 0.5 - (x + 0.5) * scale_x) / std::max(1.0, scale_x);
      const double distance_y = std::abs(v + 0.5 - (y + 0.5) * scale_y) / std::max(1.0, scale_y);
      const double weight = std::max(0.0, 1 - distance_x) * std::max(0.0, 1 - distance_y);
      sum += weight * cv::Vec3d(image.at<cv::Vec3b>(v, u));
      total += weight;
    }
  return sum / total;
}

TEST(BilinearResize, IsTheTriangleFilterUpToRounding) {
  for (const auto& [from, to] : {std::pair<cv::Size, cv::Size>{{31, 22}, {13, 9}},
                                 {{9, 14}, {20, 15}},
                                 {{12, 7}, {5, 21}}}) {
    const cv::Mat image = random_image(from.width, from.height, 1);
    const cv::Mat resized = resize_bilinear(image, to, {{0, 0}, to});
    for (int y = 0; y < to.height; ++y)
      for (int x = 0; x < to.width; ++x) {
        const cv::Vec3d expected = slow_pixel(image, to, x, y);
        for (int c = 0; c < 3; ++c) EXPECT_NEAR(resized.at<cv::Vec3b>(y, x)[c], expected[c], 1.01);
      }
  }
}

TEST(BilinearResize, OfTheSameSizeCopies) {
  const cv::Mat image = random_image(17, 11, 2);
  EXPECT_EQ(mismatches(resize_bilinear(image, image.size(), {{0, 0}, image.size()}), image), 0);
}

TEST(BilinearResize, ComputesTheCropAsPartOfTheWhole) {
  const cv::Mat image = random_image(100, 60, 3);
  const cv::Size size(45, 27);
  const cv::Mat whole = resize_bilinear(image, size, {{0, 0}, size});
  for (const cv::Rect& crop :
       {cv::Rect(0, 0, 1, 1), cv::Rect(11, 3, 22, 20), cv::Rect(44, 26, 1, 1)})
    EXPECT_EQ(mismatches(resize_bilinear(image, size, crop), whole(crop).clone()), 0);
  EXPECT_THROW(resize_bilinear(image, size, {40, 0, 10, 10}), c10::Error);
}

TEST(FrameTransform, CropsTheCentreWithHalvesRoundedToEven) {
  // 640 x 360 -> 455 x 256: a margin of 115.5 becomes 116 (torchvision), not 115.
  const cv::Mat image = random_image(640, 360, 4);
  const cv::Mat expected = resize_bilinear(image, {455, 256}, {116, 16, 224, 224});
  EXPECT_EQ(mismatches(FrameTransform(FrameTransformOptions()).resize_and_crop(image), expected),
            0);
  const cv::Mat upright = resize_bilinear(image.t(), {256, 455}, {16, 116, 224, 224});
  EXPECT_EQ(mismatches(FrameTransform(FrameTransformOptions()).resize_and_crop(image.t()), upright),
            0);
}

TEST(FrameTransform, NormalisesWithTheStatisticsOfImageNet) {
  cv::Mat image(8, 8, CV_8UC3, cv::Scalar(0, 128, 255));
  const torch::Tensor result = FrameTransform(squash(4))(image);
  ASSERT_EQ(result.sizes(), (std::vector<int64_t>{3, 4, 4}));
  const torch::Tensor expected = (torch::tensor({0.0, 128 / 255.0, 1.0}, torch::kFloat64) -
                                  torch::tensor({0.485, 0.456, 0.406}, torch::kFloat64)) /
                                 torch::tensor({0.229, 0.224, 0.225}, torch::kFloat64);
  EXPECT_LT(testing::relative_error(result, expected.view({3, 1, 1}).expand({3, 4, 4})), 1e-6);
}

TEST(FrameTransform, KeepsChannelsAndPixelsInTheirPlaces) {
  const cv::Mat image = random_image(4, 4, 5);
  const torch::Tensor result = FrameTransform(squash(4))(image);
  const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 4; ++x)
        EXPECT_NEAR(result[c][y][x].item<double>(),
                    (image.at<cv::Vec3b>(y, x)[c] / 255.0 - mean[c]) / deviation[c], 1e-6);
}

TEST(FrameTransform, TakesFramesOfExtremeShapes) {
  for (const cv::Size size :
       {cv::Size(1, 1), cv::Size(3000, 2), cv::Size(2, 3000), cv::Size(1, 300)}) {
    EXPECT_EQ(
        FrameTransform(FrameTransformOptions())(random_image(size.width, size.height, 6)).sizes(),
        (std::vector<int64_t>{3, 224, 224}));
    EXPECT_EQ(FrameTransform(squash(16))(random_image(size.width, size.height, 6)).size(2), 16);
  }
}

std::string refusal(const std::function<void(FrameTransformOptions&)>& change,
                    const std::string& preset = "torchvision-v1") {
  FrameTransformOptions options = frame_preset(preset);
  change(options);
  return testing::error_of([&] { FrameTransform{options}; });
}

TEST(FrameTransform, NamesWhatItRefuses) {
  using Options = FrameTransformOptions;
  EXPECT_THAT(refusal([](Options& o) { o.resize = "longer"; }),
              HasSubstr("resize must be shorter, squash or fixed, got 'longer'"));
  EXPECT_THAT(refusal([](Options& o) { o.resize_size = 200; }), HasSubstr("resize_size"));
  EXPECT_THAT(refusal([](Options& o) { o.crop_size = 0; }), HasSubstr("crop_size"));
  EXPECT_THAT(refusal([](Options& o) { o.crop_size = -1; }, "tvqa"), HasSubstr("crop_size"));
  EXPECT_THAT(refusal([](Options& o) { o.interpolation = "area"; }), HasSubstr("skimage"));
  EXPECT_THAT(refusal([](Options& o) { o.channels = "yuv"; }), HasSubstr("rgb or bgr"));
  EXPECT_THAT(refusal([](Options& o) { o.deviation[1] = 0; }), HasSubstr("positive"));
  EXPECT_THAT(refusal([](Options& o) { o.crop_top = 1; }, "c3d"), HasSubstr("go together"));
  EXPECT_THAT(refusal([](Options& o) { o.crop_top = o.crop_left = 17; }, "c3d"),
              HasSubstr("outside of 128 x 171"));
  EXPECT_THAT(refusal([](Options& o) { o.crop_top = o.crop_left = 1; }), HasSubstr("resize fixed"));
}

TEST(FramePresets, AreRecordedInFull) {
  const auto description = [](const char* name) {
    return FrameTransform(frame_preset(name)).description();
  };
  const std::string imagenet =
      ", rgb / 255, mean (0.485, 0.456, 0.406), deviation (0.229, 0.224, 0.225)";
  EXPECT_EQ(description("torchvision-v1"), "shorter 256 pillow, crop 224 at the centre" + imagenet);
  EXPECT_EQ(description("torchvision-v2"), "shorter 232 pillow, crop 224 at the centre" + imagenet);
  EXPECT_EQ(description("tvqa"), "squash pillow, to 224" + imagenet);
  EXPECT_EQ(description("c3d"),
            "fixed 128x171 skimage, crop 112 at row 8, column 30, rgb / 1, mean (0, 0, 0), "
            "deviation (1, 1, 1)");
  EXPECT_EQ(description("caffe"),
            "squash pillow, to 224, bgr / 1, mean (103.939, 116.779, 123.68), deviation (1, 1, 1)");
  for (const FramePreset& preset : frame_presets()) {
    EXPECT_EQ(preset.options.preset, preset.name);
    EXPECT_EQ(FrameTransform(preset.options)(random_image(50, 40, 7)).size(2),
              preset.options.crop_size);
  }
  EXPECT_THAT(testing::error_of([] { frame_preset("imagenet"); }),
              HasSubstr("torchvision-v1, torchvision-v2, tvqa, torchvision-video, c3d, caffe"));
}

TEST(FramePresets, OverridesMakeThemCustom) {
  FrameOverrides overrides;
  EXPECT_EQ(resolve_frame_transform(frame_preset("c3d"), overrides).preset, "c3d");
  overrides.preset = "tvqa";
  EXPECT_EQ(resolve_frame_transform(frame_preset("c3d"), overrides).resize, "squash");
  overrides.crop_size = 64;
  const FrameTransformOptions options = resolve_frame_transform(frame_preset("c3d"), overrides);
  EXPECT_EQ(options.preset, "custom");
  EXPECT_EQ(options.crop_size, 64);
  EXPECT_EQ(options.levels, 255);
}

TEST(FramePresets, C3dKeepsLevelsAtTheRecordedCrop) {
  const cv::Mat image = random_image(171, 128, 8);  // needs no resizing
  FrameTransformOptions options = frame_preset("c3d");
  const torch::Tensor centre = FrameTransform(options)(image);
  options.crop_top = 3;
  options.crop_left = 59;
  const torch::Tensor corner = FrameTransform(options)(image);
  for (int c = 0; c < 3; ++c)
    for (const auto& [y, x] : {std::pair{0, 0}, {111, 111}, {20, 70}}) {
      EXPECT_EQ(centre[c][y][x].item<float>(), image.at<cv::Vec3b>(8 + y, 30 + x)[c]);
      EXPECT_EQ(corner[c][y][x].item<float>(), image.at<cv::Vec3b>(3 + y, 59 + x)[c]);
    }
}

TEST(FramePresets, CaffeTakesBgrLessTheMean) {
  const cv::Mat image = random_image(224, 224, 9);
  const torch::Tensor result = FrameTransform(frame_preset("caffe"))(image);
  const cv::Vec3b& pixel = image.at<cv::Vec3b>(100, 7);
  EXPECT_NEAR(result[0][100][7].item<float>(), pixel[2] - 103.939, 1e-4);
  EXPECT_NEAR(result[1][100][7].item<float>(), pixel[1] - 116.779, 1e-4);
  EXPECT_NEAR(result[2][100][7].item<float>(), pixel[0] - 123.68, 1e-4);
}

TEST(FramePresets, VideoFramesAreRoundedToLevels) {
  FrameTransformOptions options = frame_preset("torchvision-video");
  options.mean = {0, 0, 0};
  options.deviation = {1, 1, 1};
  const torch::Tensor levels = FrameTransform(options)(random_image(320, 240, 10)) * 255;
  EXPECT_LT((levels - levels.round()).abs().max().item<float>(), 1e-4);
}

TEST(FrameTransformGolden, EqualsTorchvisionOnPillowImages) {
  const auto files = testing::golden_files("", "resize");
  if (files.empty()) GTEST_SKIP() << "needs golden/resize*.h5";
  for (const auto& path : files) {
    const testing::GoldenFile file(path);
    const std::vector<std::string> images = file.names("/");
    ASSERT_FALSE(images.empty());
    for (const std::string& name : images) {
      const std::string group = "/" + name;
      const int64_t resize = integer_attribute(path, group, "resize");
      const int64_t crop = integer_attribute(path, group, "crop");
      const torch::Tensor image = file.tensor(group + "/image");
      const torch::Tensor cropped = file.tensor(group + "/crop");
      const torch::Tensor squashed = file.tensor(group + "/squash");
      EXPECT_EQ(mismatches(FrameTransform(shorter(resize, crop)).resize_and_crop(as_image(image)),
                           as_image(cropped)),
                0)
          << name;
      EXPECT_EQ(mismatches(FrameTransform(squash(crop)).resize_and_crop(as_image(image)),
                           as_image(squashed)),
                0)
          << name;
    }
  }
}

}  // namespace
}  // namespace vidqa::features
