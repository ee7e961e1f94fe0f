#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include <torch/types.h>

#include "features/clip_windows.h"
#include "features/decode_watch.h"
#include "features/extraction_report.h"
#include "features/frame_transform.h"
#include "features/sampled_frames.h"

namespace vidqa::features {

/// What a network is given for one row, or for `repeat` equal ones.
struct ClipInput {
  torch::Tensor tensor;  ///< (3, H, W), or (3, T, H, W) for motion networks; float32
  double seconds = 0;    ///< time of the row
  int64_t repeat = 1;
};

/// Decoding one video took longer than it was given.
class VideoTimeout : public VideoError {
 public:
  using VideoError::VideoError;
};

struct ClipDecoderOptions {
  SampledFramesOptions frames;
  ClipWindowOptions windows;   ///< length 1: images
  double timeout_seconds = 0;  ///< of decoding and preprocessing, without waiting; 0: none
};

/// Turns videos into network inputs, one after the other, on the caller's thread.
class ClipDecoder {
 public:
  /// `watch` measures the video that it was told of. `stop` is asked now and then; when it says
  /// yes, decode() ends early.
  ClipDecoder(ClipDecoderOptions options, const FrameTransform& transform, DecodeWatch& watch,
              std::function<bool()> stop);

  /// `take` is called for every input, in order, with the share of the video (0..1) that is done,
  /// as far as it is known; it returns false to end early. Throws VideoError, VideoTimeout.
  DecodeReport decode(const std::string& path,
                      const std::function<bool(ClipInput input, double share)>& take);

  /// Busy time since this was asked last.
  StageSeconds take_seconds() { return std::exchange(seconds_, {}); }

 private:
  ClipDecoderOptions options_;
  const FrameTransform& transform_;
  DecodeWatch& watch_;
  std::function<bool()> stop_;
  StageSeconds seconds_;
};

}  // namespace vidqa::features
