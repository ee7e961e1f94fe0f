#pragma once

#include <cstdint>
#include <string>

#include <opencv2/core/mat.hpp>
#include <torch/types.h>

namespace vidqa::features {

struct FrameTransformOptions {
  /// shorter: the shorter side becomes resize_size (the longer one is cut to whole pixels), then
  /// the centre is cropped, as torchvision's ResNet presets do. squash: straight to crop_size,
  /// whatever the shape, as the TVQA features were made (jayleicn/TVQA#10).
  std::string resize = "shorter";
  int64_t resize_size = 256;
  int64_t crop_size = 224;
};

/// RGB frame -> network input: resize, centre crop, scale to 0..1, minus the mean and divided by
/// the deviation of ImageNet. Bit for bit torchvision's Resize, CenterCrop, ToTensor, Normalize on
/// a Pillow image, the half pixel of an odd margin rounded to even.
class FrameTransform {
 public:
  /// Throws c10::Error listing the accepted names.
  explicit FrameTransform(const FrameTransformOptions& options);

  /// (height x width, CV_8UC3) -> (crop_size x crop_size, CV_8UC3).
  cv::Mat resize_and_crop(const cv::Mat& rgb) const;
  /// (height x width, CV_8UC3) -> (3, crop_size, crop_size) float32.
  torch::Tensor operator()(const cv::Mat& rgb) const;

  /// "shorter 256, crop 224" or "squash 224".
  std::string description() const;

 private:
  FrameTransformOptions options_;
};

}  // namespace vidqa::features
