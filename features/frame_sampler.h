#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace vidqa::features {

struct FrameSamplerOptions {
  std::string name = "pts";
  double fps = 3;           ///< pts, ffmpeg-fps, ffmpeg-r: frames a second
  int64_t num_frames = 20;  ///< uniform: frames a video
  int64_t stride = 1;       ///< stride: every so many frames
};

/// "pts", "ffmpeg-fps", "ffmpeg-r", "uniform:12", "stride:4" -> options; without a number the
/// default one holds. Throws c10::Error like make_frame_sampler().
FrameSamplerOptions parse_frame_sampler(const std::string& text, double fps = 3);
/// "pts", "uniform:12": what parse_frame_sampler() reads. The frame rate is not in it.
std::string to_string(const FrameSamplerOptions& options);
/// Whether fps decides which frames are taken.
bool uses_fps(const FrameSamplerOptions& options);

/// What a sampler may know of a video before its frames come.
struct VideoTiming {
  double end_seconds = 0;  ///< when the last frame ends; set for samplers that need it
  double nominal_fps = 0;  ///< by the container; 0: unknown
};

/// The time on screen of one frame, in seconds from the first frame of the video.
struct FrameSpan {
  double begin = 0;
  double end = 0;  ///< when the next frame begins
  bool is_last = false;
};

/// Decides which frames of a video become rows of its features.
class FrameSampler {
 public:
  virtual ~FrameSampler() = default;

  /// Whether begin() wants VideoTiming::end_seconds, which costs a look through the file.
  virtual bool needs_end() const { return false; }
  virtual void begin(const VideoTiming& timing) = 0;
  /// How many rows the next frame, in presentation order, gives: 0 when it is not wanted, more than
  /// one when it stands for several sampling times.
  virtual int64_t rows(const FrameSpan& frame) = 0;
  /// Frames that end at or before this time give no rows, whether rows() is asked or not.
  virtual double idle_until() const { return -std::numeric_limits<double>::infinity(); }
};

/// One row of the table from which `--sampler` and its help text come.
struct FrameSamplerEntry {
  std::string name;
  std::string summary;
  std::unique_ptr<FrameSampler> (*make)(const FrameSamplerOptions& options);
};

/// "3 frames a second" means other frames to other tools, up to 0.3 s away; pts goes by the times
/// of the frames and the ffmpeg ones repeat what released features were made with. A video of 30
/// frames a second at 3:
///
/// pts         0, 10, 20 ...  Row k is the first frame at or after k / fps, for every k until the
///             last frame. A frame up to half a millisecond early counts: mkv and webm round times
///             to 1 ms.
/// ffmpeg-fps  4, 14, 24 ...  `ffmpeg -vf fps=3`: times are rounded to the nearest multiple of 1 /
///             fps, and each multiple takes the last frame that is not after it.
/// ffmpeg-r    0, 3, 13, 23 ...  `ffmpeg -r 3` (version 5, output with a variable frame rate: mp4,
///             mkv): the frame after the first comes early, and nothing is repeated.
/// uniform:N   N rows: the duration is cut into N equal parts, and a row is the frame on screen in
///             the middle of its part. A video with fewer frames repeats some.
/// stride:N    frames 0, N, 2 N ...; stride:1 is every frame.
///
/// `fps=3` makes nothing of a video that ends before half an interval; ffmpeg-fps then gives its
/// last frame.
const std::vector<FrameSamplerEntry>& frame_sampler_table();

/// "pts, ffmpeg-fps, ffmpeg-r, uniform:N, stride:N"
std::string frame_sampler_names();

/// Throws c10::Error listing the accepted names, or naming the option that is out of range.
std::unique_ptr<FrameSampler> make_frame_sampler(const FrameSamplerOptions& options);

/// A sampler for the frames on screen at these times, to the microsecond: a row a time, those at or
/// after the end of the video apart.
std::unique_ptr<FrameSampler> make_times_sampler(std::vector<double> seconds);

}  // namespace vidqa::features
