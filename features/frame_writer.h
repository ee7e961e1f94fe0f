#pragma once

#include <memory>
#include <string>

#include "features/sampled_frames.h"

namespace vidqa::features {

/// Writes decoded frames for other programs to read, a frame that repeats so many times. A path
/// that ends in .h5 or .hdf5 becomes a file, which appears when close() returns and not before:
///
///   /frame/000000   uint8 (3, H, W) RGB, one data set a row: 000001, ...
///   /pts_seconds    float64 (n): times of the rows, from the first frame of the video
///
/// Any other becomes a folder with 000000.png, ... and seconds.csv, the same table in text; the
/// folder can be read as a video again. Throws c10::Error and std::runtime_error naming the path.
class FrameWriter {
 public:
  /// A folder may exist, but must not hold numbered images.
  static std::unique_ptr<FrameWriter> open(const std::string& path);
  virtual ~FrameWriter() = default;
  virtual void write(const SampledFrame& frame) = 0;
  virtual void close() = 0;
};

}  // namespace vidqa::features
