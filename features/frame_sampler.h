#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace vidqa::features {

struct FrameSamplerOptions {
  std::string name = "fps";
  double fps = 3;
  int64_t num_frames = 20;
};

/// Decides which frames of a video become rows of its features. Goes by time, not by frame number,
/// so that variable frame rates are sampled right.
class FrameSampler {
 public:
  virtual ~FrameSampler() = default;

  /// Whether begin() wants the times of all frames, which costs a decoding pass of its own.
  virtual bool needs_times() const { return false; }
  /// Starts a video. `seconds`: ascending times of all its frames, empty unless needs_times();
  /// `end_seconds`: when the last one ends.
  virtual void begin(const std::vector<double>& seconds, double end_seconds) = 0;
  /// How many rows the next frame, in presentation order, gives: 0 when it is not wanted, more than
  /// one when it stands for several sampling times.
  virtual int64_t rows(double seconds) = 0;
};

/// One row of the table from which `--sampler` and its help text come.
struct FrameSamplerEntry {
  std::string name;
  std::string summary;
  std::unique_ptr<FrameSampler> (*make)(const FrameSamplerOptions& options);
};

/// fps       row k is the first frame at or after k / fps, for every k until the last frame. A
/// frame
///           up to half a millisecond early counts: mkv and webm round times to 1 ms. "3 fps" of
///           ffmpeg's fps filter and of its -r option are other frames, up to 1/6 s away.
/// uniform   num_frames rows: the video's duration, known from a decoding pass, is cut into so many
///           equal parts; a row is the frame that is on screen in the middle of its part. A video
///           with fewer frames repeats some.
/// all       every frame.
const std::vector<FrameSamplerEntry>& frame_sampler_table();

/// Throws c10::Error listing the accepted names, or naming the option that is out of range.
std::unique_ptr<FrameSampler> make_frame_sampler(const FrameSamplerOptions& options);

}  // namespace vidqa::features
