#pragma once

#include <opencv2/core/mat.hpp>

namespace vidqa::features {

/// What a position outside of the image is.
enum class Outside {
  kEdge,   ///< the nearest pixel: torch's interpolate, and so torchvision's resize of tensors
  kBlack,  ///< 0: skimage's resize before 0.15. Only enlarging reaches outside
};

/// Resizes `image` (CV_8UC3) to `size` with the two nearest pixels each way, whatever the shrink
/// factor (no antialiasing), pixel centres at halves, and gives the part of the result inside
/// `crop` as CV_32FC3 in 0..255, not rounded.
cv::Mat resize_two_taps(const cv::Mat& image, cv::Size size, const cv::Rect& crop, Outside outside);

}  // namespace vidqa::features
