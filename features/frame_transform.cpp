#include "features/frame_transform.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <opencv2/core.hpp>

#include "features/bilinear_resize.h"
#include "features/two_tap_resize.h"

namespace vidqa::features {
namespace {

constexpr int kRgbChannels = 3;
constexpr int64_t kMaxSide = 8192;

/// Left or upper margin of a centred crop: torchvision's round(), which rounds halves to even.
int centre_margin(int size, int crop) {
  return static_cast<int>(std::nearbyint((size - crop) / 2.0));
}

void check_choice(const char* option, const std::string& value,
                  const std::vector<std::string>& accepted) {
  if (std::find(accepted.begin(), accepted.end(), value) != accepted.end()) return;
  std::string names;
  for (size_t i = 0; i < accepted.size(); ++i)
    names += (i == 0 ? "" : i + 1 == accepted.size() ? " or " : ", ") + accepted[i];
  TORCH_CHECK(false, option, " must be ", names, ", got '", value, "'");
}

void check_side(const char* option, int64_t value, int64_t smallest) {
  TORCH_CHECK(value >= smallest && value <= kMaxSide, option, " must be in ", smallest, "..",
              kMaxSide, ", got ", value);
}

void validate(const FrameTransformOptions& options) {
  check_choice("resize", options.resize, {"shorter", "squash", "fixed"});
  check_choice("interpolation", options.interpolation, {"pillow", "tensor", "skimage"});
  check_choice("channels", options.channels, {"rgb", "bgr"});
  check_side("crop_size", options.crop_size, 1);
  if (options.resize != "squash") check_side("resize_size", options.resize_size, options.crop_size);
  if (options.resize == "fixed")
    check_side("resize_width", options.resize_width, options.crop_size);
  const bool has_corner = options.crop_top || options.crop_left;
  TORCH_CHECK(!has_corner || (options.crop_top && options.crop_left && options.resize == "fixed"),
              "crop_top and crop_left go together, and with resize fixed, where every video has "
              "the same size");
  if (has_corner) {
    check_side("crop_top", *options.crop_top, 0);
    check_side("crop_left", *options.crop_left, 0);
    TORCH_CHECK(*options.crop_top + options.crop_size <= options.resize_size &&
                    *options.crop_left + options.crop_size <= options.resize_width,
                "a crop of ", options.crop_size, " at row ", *options.crop_top, ", column ",
                *options.crop_left, " lies outside of ", options.resize_size, " x ",
                options.resize_width);
  }
  for (const float deviation : options.deviation)
    TORCH_CHECK(std::isfinite(deviation) && deviation > 0, "deviations must be positive, got ",
                deviation);
  TORCH_CHECK(options.levels > 0, "levels must be positive, got ", options.levels);
}

/// The size that the whole frame takes, and the part of it that is kept.
std::pair<cv::Size, cv::Rect> geometry(const FrameTransformOptions& options, const cv::Mat& rgb) {
  const int crop = static_cast<int>(options.crop_size);
  if (options.resize == "squash") return {{crop, crop}, {0, 0, crop, crop}};
  cv::Size size;
  if (options.resize == "fixed") {
    size = {static_cast<int>(options.resize_width), static_cast<int>(options.resize_size)};
  } else {
    const int64_t longer =
        options.resize_size * std::max(rgb.cols, rgb.rows) / std::min(rgb.cols, rgb.rows);
    size = {static_cast<int>(options.resize_size), static_cast<int>(longer)};
    if (rgb.cols > rgb.rows) std::swap(size.width, size.height);
  }
  const auto corner = [crop](const std::optional<int64_t>& given, int side) {
    return given ? static_cast<int>(*given) : centre_margin(side, crop);
  };
  return {
      size,
      {corner(options.crop_left, size.width), corner(options.crop_top, size.height), crop, crop}};
}

std::string list_of(const std::array<float, 3>& values) {
  return fmt::format("({:g}, {:g}, {:g})", values[0], values[1], values[2]);
}

}  // namespace

FrameTransform::FrameTransform(FrameTransformOptions options) : options_(std::move(options)) {
  validate(options_);
  for (size_t channel = 0; channel < kRgbChannels; ++channel)
    for (size_t level = 0; level < 256; ++level)
      table_[channel][level] =
          (static_cast<float>(level) / options_.levels - options_.mean[channel]) /
          options_.deviation[channel];
}

cv::Mat FrameTransform::resize_and_crop(const cv::Mat& rgb) const {
  const auto [size, crop] = geometry(options_, rgb);
  if (options_.interpolation == "pillow") return resize_bilinear(rgb, size, crop);
  if (options_.interpolation == "skimage") return resize_two_taps(rgb, size, crop, Outside::kBlack);
  cv::Mat rounded;  // halves to even, as torch rounds
  resize_two_taps(rgb, size, crop, Outside::kEdge).convertTo(rounded, CV_8U);
  return rounded;
}

torch::Tensor FrameTransform::operator()(const cv::Mat& rgb) const {
  const cv::Mat pixels = resize_and_crop(rgb);
  torch::Tensor result = torch::empty({kRgbChannels, pixels.rows, pixels.cols}, torch::kFloat32);
  auto* out = result.data_ptr<float>();
  for (size_t channel = 0; channel < kRgbChannels; ++channel) {
    const size_t source = options_.channels == "bgr" ? kRgbChannels - 1 - channel : channel;
    for (int y = 0; y < pixels.rows; ++y) {
      if (pixels.depth() == CV_8U) {
        const uint8_t* in = pixels.ptr(y) + source;
        for (int x = 0; x < pixels.cols; ++x, in += kRgbChannels) *out++ = table_[channel][*in];
      } else {
        const float* in = pixels.ptr<float>(y) + source;
        for (int x = 0; x < pixels.cols; ++x, in += kRgbChannels)
          *out++ = (*in / options_.levels - options_.mean[channel]) / options_.deviation[channel];
      }
    }
  }
  return result;
}

std::string FrameTransform::description() const {
  std::string text = options_.resize;
  if (options_.resize == "shorter") text += fmt::format(" {}", options_.resize_size);
  if (options_.resize == "fixed")
    text += fmt::format(" {}x{}", options_.resize_size, options_.resize_width);
  text += fmt::format(" {}, ", options_.interpolation);
  if (options_.resize == "squash")
    text += fmt::format("to {}", options_.crop_size);
  else if (options_.resize == "fixed") {
    const auto [size, crop] = geometry(options_, {});
    text += fmt::format("crop {} at row {}, column {}", options_.crop_size, crop.y, crop.x);
  } else {
    text += fmt::format("crop {} at the centre", options_.crop_size);
  }
  return text + fmt::format(", {} / {:g}, mean {}, deviation {}", options_.channels,
                            options_.levels, list_of(options_.mean), list_of(options_.deviation));
}

}  // namespace vidqa::features
