#include "features/contact_sheet.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <vector>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "features/atomic_file.h"

namespace vidqa::features {
namespace {

constexpr int kGap = 6;
constexpr int kCaptionHeight = 18;

cv::Mat with_caption(const cv::Mat& picture, const std::string& caption) {
  cv::Mat cell(picture.rows + kCaptionHeight, picture.cols, CV_8UC3, cv::Scalar::all(255));
  picture.copyTo(cell.rowRange(0, picture.rows));
  const double size = 0.4;
  cv::putText(cell, caption, {2, cell.rows - 5}, cv::FONT_HERSHEY_SIMPLEX, size, cv::Scalar::all(0),
              1, cv::LINE_AA);
  return cell;
}

}  // namespace

ContactSheet::ContactSheet(int columns, int frame_width)
    : columns_(columns), frame_width_(frame_width) {
  TORCH_CHECK(columns >= 1 && frame_width >= 1,
              "ContactSheet: columns and frame width must be positive, got ", columns, " and ",
              frame_width);
}

void ContactSheet::add(const SampledFrame& frame) {
  const double scale = static_cast<double>(frame_width_) / frame.rgb.cols;
  const int height = std::max(1, static_cast<int>(std::lround(frame.rgb.rows * scale)));
  cv::Mat picture;
  cv::resize(frame.rgb, picture, {frame_width_, height}, 0, 0,
             scale < 1 ? cv::INTER_AREA : cv::INTER_NEAREST);
  const std::string repeat = frame.repeat > 1 ? fmt::format("  x{}", frame.repeat) : "";
  cells_.push_back(with_caption(picture, fmt::format("{:.3f} s{}", frame.seconds, repeat)));
}

cv::Mat ContactSheet::draw() const {
  TORCH_CHECK(!empty(), "ContactSheet: there are no frames to draw");
  const int count = static_cast<int>(cells_.size());
  const int columns = std::min(columns_, count), rows = (count + columns - 1) / columns;
  int cell_height = 0;
  for (const cv::Mat& cell : cells_) cell_height = std::max(cell_height, cell.rows);
  cv::Mat sheet(kGap + rows * (cell_height + kGap), kGap + columns * (frame_width_ + kGap), CV_8UC3,
                cv::Scalar::all(255));
  for (int i = 0; i < count; ++i) {
    const cv::Mat& cell = cells_[static_cast<size_t>(i)];
    cell.copyTo(sheet(cv::Rect(kGap + i % columns * (frame_width_ + kGap),
                               kGap + i / columns * (cell_height + kGap), cell.cols, cell.rows)));
  }
  return sheet;
}

void write_png(const std::string& path, const cv::Mat& rgb) {
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  std::vector<uchar> bytes;
  TORCH_CHECK(cv::imencode(".png", bgr, bytes), "cannot encode '", path, "' as PNG");
  write_text_atomically(path, std::string(bytes.begin(), bytes.end()));
}

}  // namespace vidqa::features
