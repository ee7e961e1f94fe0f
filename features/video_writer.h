#pragma once

#include <memory>
#include <string>

#include <opencv2/core/mat.hpp>

namespace vidqa::features {

struct VideoWriterOptions {
  int width = 0;   ///< even
  int height = 0;  ///< even
  double fps = 25;
  int crf = 18;  ///< x264 constant rate factor: smaller is better
};

/// Writes an H.264 mp4 file (yuv420p, BT.601) with the FFmpeg libraries. The file appears at `path`
/// when close() returns; a writer that is destroyed earlier leaves nothing. Deterministic: equal
/// frames give equal bytes.
class VideoWriter {
 public:
  VideoWriter(const std::string& path, const VideoWriterOptions& options);
  ~VideoWriter();
  /// `rgb`: height x width, CV_8UC3 in RGB order.
  void write(const cv::Mat& rgb);
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidqa::features
