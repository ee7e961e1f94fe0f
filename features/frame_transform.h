#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>
#include <torch/types.h>

namespace vidqa::features {

/// How a frame becomes a network's input. Resolved: what is recorded and decides the numbers.
struct FrameTransformOptions {
  /// Name of the preset that the values come from; "custom" where one of them was changed.
  std::string preset = "torchvision-v1";
  /// shorter: the shorter side becomes resize_size (the longer one is cut to whole pixels);
  /// squash: straight to crop_size x crop_size, whatever the shape;
  /// fixed: to resize_size rows and resize_width columns, whatever the shape.
  std::string resize = "shorter";
  int64_t resize_size = 256;
  int64_t resize_width = 256;
  /// pillow: a triangle filter as wide as the shrink factor, 8 bits (features/bilinear_resize.h);
  /// tensor: two nearest pixels each way, 8 bits, as torchvision resizes video tensors;
  /// skimage: the same without rounding, and black outside of the frame.
  std::string interpolation = "pillow";
  int64_t crop_size = 224;  ///< rows and columns that the network sees
  /// Upper left corner of the crop; unset: the centre, half pixels rounded to even.
  std::optional<int64_t> crop_top, crop_left;
  std::string channels = "rgb";  ///< rgb, bgr: their order for the network
  /// The network sees (level / levels - mean) / deviation, level in 0..255; by channel in the
  /// network's order.
  float levels = 255;
  std::array<float, 3> mean = {0.485F, 0.456F, 0.406F};
  std::array<float, 3> deviation = {0.229F, 0.224F, 0.225F};
};

struct FramePreset {
  std::string name;
  std::string summary;  ///< one line, with the source
  FrameTransformOptions options;
};

/// torchvision-v1, torchvision-v2, torchvision-video, tvqa, c3d, caffe.
const std::vector<FramePreset>& frame_presets();

/// Throws c10::Error listing the accepted names.
const FrameTransformOptions& frame_preset(const std::string& name);

/// What the user says about frames; unset: as the preset of the weights has it.
struct FrameOverrides {
  std::optional<std::string> preset;
  std::optional<std::string> resize;
  std::optional<int64_t> resize_size;
  std::optional<int64_t> resize_width;
  std::optional<int64_t> crop_size;
  std::optional<int64_t> crop_top, crop_left;
  std::optional<std::array<float, 3>> mean, deviation;
};

/// `base` or the preset that the overrides name, with the values that they set.
FrameTransformOptions resolve_frame_transform(FrameTransformOptions base,
                                              const FrameOverrides& overrides);

/// RGB frame -> network input. The presets torchvision-v1, -v2 and tvqa are bit for bit
/// torchvision's Resize, CenterCrop, ToTensor, Normalize on a Pillow image.
class FrameTransform {
 public:
  /// Throws c10::Error naming the option and what it accepts.
  explicit FrameTransform(FrameTransformOptions options);

  /// (height x width, CV_8UC3) -> (crop_size x crop_size), CV_8UC3, or CV_32FC3 for skimage; RGB.
  cv::Mat resize_and_crop(const cv::Mat& rgb) const;
  /// (height x width, CV_8UC3) -> (3, crop_size, crop_size) float32.
  torch::Tensor operator()(const cv::Mat& rgb) const;

  const FrameTransformOptions& options() const { return options_; }
  /// "shorter 256, crop 224 at the centre, pillow, rgb / 255, mean (...), deviation (...)".
  std::string description() const;

 private:
  FrameTransformOptions options_;
  std::array<std::array<float, 256>, 3> table_{};  ///< network's channel, level -> value
};

}  // namespace vidqa::features
