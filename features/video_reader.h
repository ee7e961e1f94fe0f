#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <opencv2/core/mat.hpp>

namespace vidqa::features {

/// A video that cannot be read, or not whole. The message is one line: path, what is wrong, what to
/// do.
class VideoError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct VideoReaderOptions {
  /// Index of the stream in the file; unset: the best video stream by FFmpeg's rules (default flag,
  /// then bit rate). Cover pictures of sound files are no video.
  std::optional<int> stream;
};

/// Decodes a video file with the FFmpeg libraries, frame by frame in presentation order, on one
/// thread.
///
///   VideoReader reader(path);
///   while (reader.grab())
///     if (wanted(reader.seconds())) use(reader.retrieve());
///
/// Damaged data is passed over as ffmpeg does, and counted. Where much is gone, the end of the
/// video is a VideoError and never looks like a whole one: no frame at all, more than a tenth of
/// the frames damaged, or a tenth of the duration that the container promises missing at the end.
/// (A GIF file without its end mark counts one error. A container that only estimates its duration
/// from the bit rate promises nothing.)
class VideoReader {
 public:
  /// Throws VideoError: missing, empty, no video, no video stream, no decoder.
  explicit VideoReader(const std::string& path, const VideoReaderOptions& options = {});
  ~VideoReader();

  /// Decodes the next frame; false at the end. Throws VideoError. A frame whose time is not after
  /// that of the frame before is passed over and counted as an error.
  bool grab();

  /// Time of the grabbed frame in seconds from the first frame of the stream, by its presentation
  /// timestamp: right for variable frame rates.
  double seconds() const;
  /// Time at which the grabbed frame ends; after the last one, the duration of the video.
  double end_seconds() const;
  /// The grabbed frame as it is to be shown: height x width, CV_8UC3 in RGB order
  /// (features/rgb_converter.h). Only frames that are retrieved cost the conversion.
  cv::Mat retrieve();

  const std::string& path() const;
  int64_t frames() const;         ///< grabbed so far
  int64_t decode_errors() const;  ///< damaged packets and frames so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidqa::features
