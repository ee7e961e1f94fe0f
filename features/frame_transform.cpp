#include "features/frame_transform.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <opencv2/core.hpp>

#include "features/bilinear_resize.h"

namespace vidqa::features {
namespace {

constexpr int kRgbChannels = 3;
constexpr int kMaxSide = 8192;
constexpr std::array<float, kRgbChannels> kMean = {0.485F, 0.456F, 0.406F};
constexpr std::array<float, kRgbChannels> kDeviation = {0.229F, 0.224F, 0.225F};

using Table = std::array<std::array<float, 256>, kRgbChannels>;

/// Channel, level 0..255 -> normalised value.
const Table& normalization_table() {
  static const Table table = [] {
    Table values{};
    for (size_t channel = 0; channel < kRgbChannels; ++channel)
      for (size_t level = 0; level < 256; ++level)
        values[channel][level] =
            (static_cast<float>(level) / 255.0F - kMean[channel]) / kDeviation[channel];
    return values;
  }();
  return table;
}

/// Left or upper margin of a centred crop: torchvision's round(), which rounds halves to even.
int centre_margin(int size, int crop) {
  return static_cast<int>(std::nearbyint((size - crop) / 2.0));
}

}  // namespace

FrameTransform::FrameTransform(const FrameTransformOptions& options) : options_(options) {
  TORCH_CHECK(options.resize == "shorter" || options.resize == "squash",
              "resize must be shorter or squash, got '", options.resize, "'");
  TORCH_CHECK(options.crop_size >= 1 && options.crop_size <= kMaxSide, "crop_size must be in 1..",
              kMaxSide, ", got ", options.crop_size);
  TORCH_CHECK(options.resize == "squash" ||
                  (options.resize_size >= options.crop_size && options.resize_size <= kMaxSide),
              "resize_size must be in crop_size..", kMaxSide, ", got resize_size ",
              options.resize_size, " and crop_size ", options.crop_size);
}

cv::Mat FrameTransform::resize_and_crop(const cv::Mat& rgb) const {
  const int crop = static_cast<int>(options_.crop_size);
  if (options_.resize == "squash") return resize_bilinear(rgb, {crop, crop}, {0, 0, crop, crop});

  const int64_t longer =
      options_.resize_size * std::max(rgb.cols, rgb.rows) / std::min(rgb.cols, rgb.rows);
  cv::Size size(static_cast<int>(options_.resize_size), static_cast<int>(longer));
  if (rgb.cols > rgb.rows) std::swap(size.width, size.height);
  return resize_bilinear(
      rgb, size, {centre_margin(size.width, crop), centre_margin(size.height, crop), crop, crop});
}

torch::Tensor FrameTransform::operator()(const cv::Mat& rgb) const {
  const cv::Mat pixels = resize_and_crop(rgb);
  const Table& table = normalization_table();
  torch::Tensor result = torch::empty({kRgbChannels, pixels.rows, pixels.cols}, torch::kFloat32);
  auto* out = result.data_ptr<float>();
  for (size_t channel = 0; channel < kRgbChannels; ++channel)
    for (int y = 0; y < pixels.rows; ++y) {
      const uint8_t* in = pixels.ptr(y) + channel;
      for (int x = 0; x < pixels.cols; ++x, in += kRgbChannels) *out++ = table[channel][*in];
    }
  return result;
}

std::string FrameTransform::description() const {
  return options_.resize == "squash"
             ? fmt::format("squash {}", options_.crop_size)
             : fmt::format("shorter {}, crop {}", options_.resize_size, options_.crop_size);
}

}  // namespace vidqa::features
