#include "features/frame_transform.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <torch/torch.h>

#include "features/bilinear_resize.h"
#include "tests/features/golden_attribute.h"
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
  EXPECT_EQ(mismatches(FrameTransform({}).resize_and_crop(image), expected), 0);
  const cv::Mat upright = resize_bilinear(image.t(), {256, 455}, {16, 116, 224, 224});
  EXPECT_EQ(mismatches(FrameTransform({}).resize_and_crop(image.t()), upright), 0);
}

TEST(FrameTransform, NormalisesWithTheStatisticsOfImageNet) {
  cv::Mat image(8, 8, CV_8UC3, cv::Scalar(0, 128, 255));
  const torch::Tensor result = FrameTransform({"squash", 0, 4})(image);
  ASSERT_EQ(result.sizes(), (std::vector<int64_t>{3, 4, 4}));
  const torch::Tensor expected = (torch::tensor({0.0, 128 / 255.0, 1.0}, torch::kFloat64) -
                                  torch::tensor({0.485, 0.456, 0.406}, torch::kFloat64)) /
                                 torch::tensor({0.229, 0.224, 0.225}, torch::kFloat64);
  EXPECT_LT(testing::relative_error(result, expected.view({3, 1, 1}).expand({3, 4, 4})), 1e-6);
}

TEST(FrameTransform, KeepsChannelsAndPixelsInTheirPlaces) {
  const cv::Mat image = random_image(4, 4, 5);
  const torch::Tensor result = FrameTransform({"squash", 0, 4})(image);
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
    EXPECT_EQ(FrameTransform({})(random_image(size.width, size.height, 6)).sizes(),
              (std::vector<int64_t>{3, 224, 224}));
    EXPECT_EQ(FrameTransform({"squash", 0, 16})(random_image(size.width, size.height, 6)).size(2),
              16);
  }
}

TEST(FrameTransform, NamesWhatItRefuses) {
  for (const FrameTransformOptions& options : {FrameTransformOptions{"longer", 256, 224},
                                               {"shorter", 200, 224},
                                               {"shorter", 256, 0},
                                               {"squash", 0, -1}})
    EXPECT_THROW(FrameTransform{options}, c10::Error);
  try {
    FrameTransform({"longer", 256, 224});
  } catch (const c10::Error& error) {
    EXPECT_THAT(error.what_without_backtrace(), HasSubstr("shorter or squash, got 'longer'"));
  }
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
      EXPECT_EQ(
          mismatches(FrameTransform({"shorter", resize, crop}).resize_and_crop(as_image(image)),
                     as_image(cropped)),
          0)
          << name;
      EXPECT_EQ(
          mismatches(FrameTransform({"squash", resize, crop}).resize_and_crop(as_image(image)),
                     as_image(squashed)),
          0)
          << name;
    }
  }
}

}  // namespace
}  // namespace vidqa::features
