#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <opencv2/core/mat.hpp>

#include "features/frame_sampler.h"
#include "features/video_reader.h"

namespace vidqa::features {

struct SampledFrame {
  cv::Mat rgb;         ///< height x width, CV_8UC3 in RGB order
  double seconds = 0;  ///< from the first frame of the video
  int64_t repeat = 1;  ///< how many rows this frame stands for, all with its time
};

struct SampledFramesOptions {
  VideoReaderOptions reader;
  FrameSamplerOptions sampler;
};

/// The frames of one video that a sampler picks, in order. Where frames are wanted far apart, those
/// between are not decoded when key frames allow it; the result is the same as that of decoding
/// everything.
///
///   SampledFrames frames(path, options);
///   while (auto frame = frames.next()) use(frame->rgb, frame->seconds, frame->repeat);
///   if (frames.report().partial) ...
///
/// A video that can be read gives at least one row with every sampler that has a name.
class SampledFrames {
 public:
  /// Throws VideoError (the video cannot be read), c10::Error (options out of range).
  SampledFrames(const std::string& path, const SampledFramesOptions& options);
  SampledFrames(const std::string& path, const VideoReaderOptions& options,
                std::unique_ptr<FrameSampler> sampler);
  ~SampledFrames();

  /// nullopt at the end. Throws VideoError: no frame can be decoded, cancelled.
  std::optional<SampledFrame> next();
  /// Whole once next() has given nullopt.
  DecodeReport report() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidqa::features
