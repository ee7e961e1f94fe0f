#pragma once

#include <array>
#include <cstdint>

#include <opencv2/core/mat.hpp>

#include "features/ffmpeg_handles.h"

namespace vidqa::features {

/// kAuto obeys the tags of a frame, BT.601 where there is none, as ffmpeg does. kOpencv gives the
/// pixels of OpenCV up to 4.x, with which many features were made: BT.601 whatever the tag says,
/// and full range only for the yuvj formats.
enum class ColorPolicy { kAuto, kOpencv };

/// Turns decoded frames into RGB as they are to be shown: colour matrix and range as the frame's
/// tags say (ITU-R BT.601 where there is none), rotated and mirrored as the display matrix says.
/// Pixels are not stretched to the sample aspect ratio. Transparent pixels lose their alpha.
///
/// The conversion is libswscale's default one, the same pixels as ffmpeg, PyAV and OpenCV give for
/// files without colour tags; PyAV 10 and OpenCV 4.6 ignore the BT.709 tag, ffmpeg and we obey it.
class RgbConverter {
 public:
  /// `display_matrix`: 9 numbers as in libavutil/display.h, or null. The nearest quarter turn is
  /// taken.
  explicit RgbConverter(const int32_t* display_matrix, ColorPolicy policy = ColorPolicy::kAuto);

  /// -> height x width, CV_8UC3 in RGB order, rows aligned to 64 bytes. Throws c10::Error.
  cv::Mat convert(const AVFrame& frame);

  bool swaps_sides() const { return transpose_; }

 private:
  void set_colors(const AVFrame& frame);

  ColorPolicy policy_;
  bool transpose_ = false;  ///< first this, then the mirrors
  bool mirror_x_ = false;
  bool mirror_y_ = false;
  ffmpeg::UniqueSwsContext context_;
  std::array<int, 5> context_for_{};  ///< width, height, pixel format, colour space, range
};

}  // namespace vidqa::features
