#pragma once

#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "features/sampled_frames.h"

namespace vidqa::features {

/// Draws frames side by side, each with its time below it, as small pictures of one width: an image
/// for people, (h, w) CV_8UC3 in RGB order. The frames come one by one, so that they need not fit
/// into memory together.
class ContactSheet {
 public:
  explicit ContactSheet(int columns = 6, int frame_width = 240);

  void add(const SampledFrame& frame);
  bool empty() const { return cells_.empty(); }
  cv::Mat draw() const;

 private:
  int columns_;
  int frame_width_;
  std::vector<cv::Mat> cells_;  ///< with their captions
};

/// Writes an image in RGB order as a PNG file, which appears whole or not at all. Throws
/// std::runtime_error naming the path.
void write_png(const std::string& path, const cv::Mat& rgb);

}  // namespace vidqa::features
