#include "features/bilinear_resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <c10/util/Exception.h>
#include <opencv2/core.hpp>

namespace vidqa::features {
namespace {

constexpr int kChannels = 3;
constexpr int kFractionBits = 22;  // 8 bits of a pixel and 2 of head room fill an int32

/// The input pixels that make an output pixel.
struct Taps {
  int first;
  std::vector<int32_t> weights;  // fixed point, sum about 1
};

/// Taps of the output pixels begin .. end - 1 when `in` pixels become `out`.
std::vector<Taps> make_taps(int in, int out, int begin, int end) {
  const double scale = static_cast<double>(in) / out;
  const double radius = std::max(scale, 1.0);  // of the triangle, in input pixels
  std::vector<Taps> taps;
  for (int i = begin; i < end; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(center - radius + 0.5));
    const int last = std::min(in, static_cast<int>(center + radius + 0.5));  // exclusive
    std::vector<double> weights;
    double sum = 0;
    for (int k = first; k < last; ++k) {
      weights.push_back(std::max(0.0, 1 - std::abs((k - center + 0.5) * (1 / radius))));
      sum += weights.back();
    }
    Taps& tap = taps.emplace_back(Taps{first, {}});
    for (const double weight : weights)
      tap.weights.push_back(static_cast<int32_t>(0.5 + weight / sum * (1 << kFractionBits)));
  }
  return taps;
}

uint8_t to_pixel(int32_t fixed_point) {
  return static_cast<uint8_t>(std::clamp(fixed_point >> kFractionBits, 0, 255));
}

/// Rows begin .. end - 1 of `image`, filtered along x.
cv::Mat filter_rows(const cv::Mat& image, int begin, int end, const std::vector<Taps>& taps) {
  cv::Mat result(end - begin, static_cast<int>(taps.size()), CV_8UC3);
  for (int y = begin; y < end; ++y) {
    const uint8_t* row = image.ptr(y);
    uint8_t* out = result.ptr(y - begin);
    for (const Taps& tap : taps) {
      int32_t red = 1 << (kFractionBits - 1), green = red, blue = red;
      const uint8_t* in = row + tap.first * kChannels;
      for (const int32_t weight : tap.weights) {
        red += weight * *in++;
        green += weight * *in++;
        blue += weight * *in++;
      }
      *out++ = to_pixel(red);
      *out++ = to_pixel(green);
      *out++ = to_pixel(blue);
    }
  }
  return result;
}

/// `image`, whose row 0 is row `offset` of the whole, filtered along y.
cv::Mat filter_columns(const cv::Mat& image, int offset, const std::vector<Taps>& taps) {
  cv::Mat result(static_cast<int>(taps.size()), image.cols, CV_8UC3);
  const int width = image.cols * kChannels;
  std::vector<int32_t> sums(static_cast<size_t>(width));
  for (int y = 0; y < result.rows; ++y) {
    const Taps& tap = taps[static_cast<size_t>(y)];
    std::fill(sums.begin(), sums.end(), 1 << (kFractionBits - 1));
    for (size_t k = 0; k < tap.weights.size(); ++k) {
      const uint8_t* in = image.ptr(tap.first - offset + static_cast<int>(k));
      const int32_t weight = tap.weights[k];
      for (int x = 0; x < width; ++x) sums[static_cast<size_t>(x)] += weight * in[x];
    }
    std::transform(sums.begin(), sums.end(), result.ptr(y), to_pixel);
  }
  return result;
}

}  // namespace

cv::Mat resize_bilinear(const cv::Mat& image, cv::Size size, const cv::Rect& crop) {
  TORCH_CHECK(image.type() == CV_8UC3 && !image.empty(),
              "resize_bilinear: needs an 8-bit RGB image, got type ", image.type(), " of ",
              image.cols, " x ", image.rows);
  TORCH_CHECK(!crop.empty() && (crop & cv::Rect({0, 0}, size)) == crop,
              "resize_bilinear: the crop ", crop.width, " x ", crop.height, " at (", crop.x, ", ",
              crop.y, ") must lie within ", size.width, " x ", size.height);
  // A side that keeps its size is copied: its taps are one pixel of weight 1.
  const std::vector<Taps> columns = make_taps(image.cols, size.width, crop.x, crop.x + crop.width);
  const std::vector<Taps> rows = make_taps(image.rows, size.height, crop.y, crop.y + crop.height);
  const int begin = rows.front().first;
  const int end = rows.back().first + static_cast<int>(rows.back().weights.size());
  return filter_columns(filter_rows(image, begin, end, columns), begin, rows);
}

}  // namespace vidqa::features
