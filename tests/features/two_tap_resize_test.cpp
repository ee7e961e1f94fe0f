#include "features/two_tap_resize.h"

#include <cmath>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::features {
namespace {

cv::Mat noise(int width, int height, uint64_t seed) {
  cv::Mat image(height, width, CV_8UC3);
  cv::RNG random(seed);
  random.fill(image, cv::RNG::UNIFORM, 0, 256);
  return image;
}

/// (H, W, 3) float32.
torch::Tensor as_tensor(const cv::Mat& image) {
  cv::Mat values;
  image.convertTo(values, CV_32F);
  return torch::from_blob(values.ptr<float>(), {image.rows, image.cols, 3}).clone();
}

const std::vector<std::pair<cv::Size, cv::Size>> kSizes = {
    {{320, 240}, {171, 128}}, {{31, 22}, {13, 9}}, {{9, 14}, {20, 15}}, {{12, 7}, {5, 21}}};

TEST(TwoTapResize, EqualsTorchsInterpolate) {
  namespace F = torch::nn::functional;
  for (const auto& [from, to] : kSizes) {
    const cv::Mat image = noise(from.width, from.height, 1);
    const torch::Tensor expected =
        F::interpolate(as_tensor(image).permute({2, 0, 1}).unsqueeze(0),
                       F::InterpolateFuncOptions()
                           .size(std::vector<int64_t>{to.height, to.width})
                           .mode(torch::kBilinear)
                           .align_corners(false))
            .squeeze(0)
            .permute({1, 2, 0});
    EXPECT_LT(testing::relative_error(
                  as_tensor(resize_two_taps(image, to, {{0, 0}, to}, Outside::kEdge)), expected),
              1e-5);
  }
}

/// Bilinear at half-pixel centres, pixels outside being 0, in double precision.
double slow_value(const cv::Mat& image, cv::Size size, int x, int y, int channel) {
  const double u = (x + 0.5) * image.cols / size.width - 0.5;
  const double v = (y + 0.5) * image.rows / size.height - 0.5;
  double sum = 0;
  for (int row = 0; row < image.rows; ++row)
    for (int column = 0; column < image.cols; ++column)
      sum += std::max(0.0, 1 - std::abs(u - column)) * std::max(0.0, 1 - std::abs(v - row)) *
             image.at<cv::Vec3b>(row, column)[channel];
  return sum;
}

TEST(TwoTapResize, IsBlackOutsideAsSkimageHasIt) {
  for (const auto& [from, to] : kSizes) {
    if (from.width > 100) continue;
    const cv::Mat image = noise(from.width, from.height, 2);
    const cv::Mat resized = resize_two_taps(image, to, {{0, 0}, to}, Outside::kBlack);
    for (int y = 0; y < to.height; ++y)
      for (int x = 0; x < to.width; ++x)
        for (int c = 0; c < 3; ++c)
          EXPECT_NEAR(resized.at<cv::Vec3f>(y, x)[c], slow_value(image, to, x, y, c), 1e-3);
  }
}

TEST(TwoTapResize, ComputesTheCropAsPartOfTheWhole) {
  const cv::Mat image = noise(100, 60, 3);
  const cv::Size size(45, 27);
  const cv::Mat whole = resize_two_taps(image, size, {{0, 0}, size}, Outside::kBlack);
  const cv::Rect crop(11, 3, 22, 20);
  EXPECT_TRUE(torch::equal(as_tensor(resize_two_taps(image, size, crop, Outside::kBlack)),
                           as_tensor(whole(crop).clone())));
  EXPECT_ANY_THROW(resize_two_taps(image, size, {40, 0, 10, 10}, Outside::kBlack));
}

}  // namespace
}  // namespace vidqa::features
