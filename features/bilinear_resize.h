#pragma once

#include <opencv2/core/mat.hpp>

namespace vidqa::features {

/// Resizes `image` (CV_8UC3) to `size` and gives the part of the result inside `crop`; pixels
/// outside it are not computed.
///
/// Bit for bit what Pillow's bilinear resize gives, and so torchvision's Resize, which the
/// published weights were trained with: a triangle filter that is as wide as the shrink factor,
/// first along rows, then along columns, in 22-bit fixed point, rounded to 8 bits after each.
/// OpenCV's nearest kin, INTER_AREA, is up to 50 levels away when shrinking, INTER_LINEAR up to
/// 134.
cv::Mat resize_bilinear(const cv::Mat& image, cv::Size size, const cv::Rect& crop);

}  // namespace vidqa::features
