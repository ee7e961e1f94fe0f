#include "features/rgb_converter.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

namespace vidqa::features {
namespace {

/// Quarters of a 2 x 2 grey image whose pixels are 10, 20, 30, 40, shown with a display matrix.
std::vector<int> shown(const std::vector<int32_t>& matrix) {
  const ffmpeg::UniqueFrame frame(av_frame_alloc());
  frame->format = AV_PIX_FMT_GRAY8;
  frame->width = frame->height = 2;
  av_frame_get_buffer(frame.get(), 0);
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 2; ++x)
      frame->data[0][y * frame->linesize[0] + x] = static_cast<uint8_t>(10 + 10 * x + 20 * y);
  const cv::Mat rgb = RgbConverter(matrix.empty() ? nullptr : matrix.data()).convert(*frame);
  return {rgb.at<cv::Vec3b>(0, 0)[0], rgb.at<cv::Vec3b>(0, 1)[0], rgb.at<cv::Vec3b>(1, 0)[0],
          rgb.at<cv::Vec3b>(1, 1)[0]};
}

TEST(RgbConverter, TurnsAndMirrorsAsTheDisplayMatrixSays) {
  const int32_t one = 1 << 16;
  using Pixels = std::vector<int>;
  EXPECT_EQ(shown({}), (Pixels{10, 20, 30, 40}));
  EXPECT_EQ(shown({one, 0, 0, 0, one, 0, 0, 0, 1 << 30}), (Pixels{10, 20, 30, 40}));
  EXPECT_EQ(shown({0, one, 0, -one, 0, 0, 0, 0, 1 << 30}), (Pixels{30, 10, 40, 20}))
      << "90 degrees clockwise";
  EXPECT_EQ(shown({-one, 0, 0, 0, -one, 0, 0, 0, 1 << 30}), (Pixels{40, 30, 20, 10}))
      << "180 degrees";
  EXPECT_EQ(shown({0, -one, 0, one, 0, 0, 0, 0, 1 << 30}), (Pixels{20, 40, 10, 30}))
      << "270 degrees clockwise";
  EXPECT_EQ(shown({-one, 0, 0, 0, one, 0, 0, 0, 1 << 30}), (Pixels{20, 10, 40, 30})) << "mirrored";
}

/// RGB of one YUV colour under tags, by swscale.
cv::Vec3b converted(AVColorSpace space, AVColorRange range, int y, int u, int v,
                    ColorPolicy policy = ColorPolicy::kAuto) {
  const ffmpeg::UniqueFrame frame(av_frame_alloc());
  frame->format = AV_PIX_FMT_YUV420P;
  frame->width = frame->height = 16;
  frame->colorspace = space;
  frame->color_range = range;
  av_frame_get_buffer(frame.get(), 0);
  const int values[] = {y, u, v};
  for (int plane = 0; plane < 3; ++plane)
    std::fill_n(frame->data[plane], frame->linesize[plane] * (plane == 0 ? 16 : 8),
                static_cast<uint8_t>(values[plane]));
  return RgbConverter(nullptr, policy).convert(*frame).at<cv::Vec3b>(8, 8);
}

/// The same by the definition of the standards: luma weights of red and blue, range of luma and
/// chroma.
cv::Vec3d defined(double red_weight, double blue_weight, bool full_range, int y, int u, int v) {
  const double luma = full_range ? y / 255.0 : (y - 16) / 219.0;
  const double cb = (u - 128) / (full_range ? 255.0 : 224.0),
               cr = (v - 128) / (full_range ? 255.0 : 224.0);
  const double red = luma + 2 * (1 - red_weight) * cr, blue = luma + 2 * (1 - blue_weight) * cb;
  const double green =
      (luma - red_weight * red - blue_weight * blue) / (1 - red_weight - blue_weight);
  return cv::Vec3d(red, green, blue) * 255;
}

TEST(RgbConverter, ObeysTheTagsOfMatrixAndRange) {
  const struct {
    AVColorSpace space;
    double red, blue;
  } matrices[] = {{AVCOL_SPC_BT709, 0.2126, 0.0722},
                  {AVCOL_SPC_SMPTE170M, 0.299, 0.114},
                  {AVCOL_SPC_BT470BG, 0.299, 0.114},
                  {AVCOL_SPC_UNSPECIFIED, 0.299, 0.114}};
  for (const auto& matrix : matrices)
    for (const AVColorRange range : {AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG, AVCOL_RANGE_UNSPECIFIED}) {
      const cv::Vec3d expected =
          defined(matrix.red, matrix.blue, range == AVCOL_RANGE_JPEG, 120, 100, 170);
      const cv::Vec3d actual(converted(matrix.space, range, 120, 100, 170));
      EXPECT_LE(cv::norm(actual, expected, cv::NORM_INF), 3) << matrix.space << " " << range;
    }
}

TEST(RgbConverter, TakesAllForBt601WhenItImitatesOpenCv) {
  const cv::Vec3b expected = converted(AVCOL_SPC_SMPTE170M, AVCOL_RANGE_MPEG, 120, 100, 170);
  EXPECT_EQ(converted(AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, 120, 100, 170, ColorPolicy::kOpencv),
            expected);
  EXPECT_EQ(converted(AVCOL_SPC_BT709, AVCOL_RANGE_JPEG, 120, 100, 170, ColorPolicy::kOpencv),
            expected);
  EXPECT_NE(converted(AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, 120, 100, 170), expected);
}

}  // namespace
}  // namespace vidqa::features
