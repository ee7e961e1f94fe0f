#pragma once

#include <memory>
#include <string>
#include <utility>

#include "features/video_reader.h"

namespace vidqa::features {

/// What stands behind a VideoReader; its functions mean the same.
struct VideoReader::Source {
  explicit Source(std::string path) : path(std::move(path)) {}
  virtual ~Source() = default;
  virtual bool grab() = 0;
  virtual void skip_until(double seconds) = 0;
  virtual double seconds() const = 0;
  virtual double end_seconds() const = 0;
  virtual bool is_last() const = 0;
  virtual cv::Mat retrieve() = 0;
  virtual double scan_end_seconds() const = 0;
  virtual double nominal_fps() const = 0;
  virtual DecodeReport report() const = 0;

  std::string path;
};

/// A video file, decoded by FFmpeg.
std::unique_ptr<VideoReader::Source> open_decoded_video(const std::string& path,
                                                        const VideoReaderOptions& options);

/// A still image or a folder of numbered images.
std::unique_ptr<VideoReader::Source> open_image_video(const std::string& path,
                                                      const VideoReaderOptions& options);

}  // namespace vidqa::features
