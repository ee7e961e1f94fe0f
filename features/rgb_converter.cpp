#include "features/rgb_converter.h"

#include <cstdlib>

#include <c10/util/Exception.h>
#include <opencv2/core.hpp>

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace vidqa::features {
namespace {

constexpr int kAlignPixels = 64;  // 3 bytes each: rows start at multiples of 64 bytes

}  // namespace

RgbConverter::RgbConverter(const int32_t* display_matrix, ColorPolicy policy) : policy_(policy) {
  if (display_matrix == nullptr) return;
  // A stored point (x, y) is shown at (a x + c y, b x + d y), up to a shift.
  const int32_t a = display_matrix[0], b = display_matrix[1];
  const int32_t c = display_matrix[3], d = display_matrix[4];
  transpose_ =
      std::abs(int64_t{b}) + std::abs(int64_t{c}) > std::abs(int64_t{a}) + std::abs(int64_t{d});
  mirror_x_ = (transpose_ ? c : a) < 0;
  mirror_y_ = (transpose_ ? b : d) < 0;
}

void RgbConverter::set_colors(const AVFrame& frame) {
  const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  TORCH_CHECK(format != nullptr, "RgbConverter: unknown pixel format ", frame.format);
  if ((format->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0 ||
      format->nb_components < 3)
    return;
  // The "j" formats of old decoders are full range whatever the tag says.
  const bool is_j = frame.format == AV_PIX_FMT_YUVJ420P || frame.format == AV_PIX_FMT_YUVJ422P ||
                    frame.format == AV_PIX_FMT_YUVJ444P || frame.format == AV_PIX_FMT_YUVJ440P ||
                    frame.format == AV_PIX_FMT_YUVJ411P;
  const bool obeys = policy_ == ColorPolicy::kAuto;
  const int full_range = is_j || (obeys && frame.color_range == AVCOL_RANGE_JPEG) ? 1 : 0;
  const int matrix = obeys ? frame.colorspace : SWS_CS_DEFAULT;
  // Colour spaces have equal numbers in AVColorSpace and here; "unspecified" gives BT.601.
  const int status =
      sws_setColorspaceDetails(context_.get(), sws_getCoefficients(matrix), full_range,
                               sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
  TORCH_CHECK(status >= 0, "RgbConverter: libswscale cannot convert the colours of ", format->name);
}

cv::Mat RgbConverter::convert(const AVFrame& frame) {
  const std::array<int, 5> wanted = {frame.width, frame.height, frame.format, frame.colorspace,
                                     frame.color_range};
  if (context_ == nullptr || context_for_ != wanted) {
    context_.reset(sws_getContext(
        frame.width, frame.height, static_cast<AVPixelFormat>(frame.format), frame.width,
        frame.height, AV_PIX_FMT_RGB24, SWS_BILINEAR, nullptr, nullptr, nullptr));
    TORCH_CHECK(context_ != nullptr, "RgbConverter: libswscale cannot convert ", frame.width, " x ",
                frame.height, " frames of pixel format ", frame.format);
    set_colors(frame);
    context_for_ = wanted;
  }

  // libswscale may write beyond the width up to the end of an aligned row.
  const int padded_width = (frame.width + kAlignPixels - 1) / kAlignPixels * kAlignPixels;
  const cv::Mat padded(frame.height, padded_width, CV_8UC3);
  cv::Mat rgb = padded.colRange(0, frame.width);
  uint8_t* rows[] = {rgb.data};
  const int strides[] = {static_cast<int>(rgb.step)};
  const int height =
      sws_scale(context_.get(), frame.data, frame.linesize, 0, frame.height, rows, strides);
  TORCH_CHECK(height == frame.height, "RgbConverter: libswscale converted ", height, " of ",
              frame.height, " rows");

  if (transpose_) rgb = rgb.t();
  if (mirror_x_ || mirror_y_) {
    const int both = -1, horizontally = 1, vertically = 0;
    cv::flip(rgb, rgb, mirror_x_ && mirror_y_ ? both : mirror_x_ ? horizontally : vertically);
  }
  return rgb;
}

}  // namespace vidqa::features
