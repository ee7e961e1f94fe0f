#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <torch/types.h>

namespace vidqa::features {

/// Which windows a video has, and what stands for frames that it has not.
enum class EdgeRule {
  kDrop,  ///< windows begin at frames 0, stride, ...; one that reaches past the end is dropped
  kRepeatLast,  ///< the same, but every begun window counts: the last frame fills it
  kLoop,        ///< the same; the video starts anew
  kCentre,      ///< a window around each of the frames 0, stride, ...: length / 2 frames before it,
                ///< the rest from it on; the first and last frame stand for what lies outside
  kShift,       ///< the same, but a window that reaches outside is moved inside
};

/// drop, repeat-last, loop, centre, shift. Throws c10::Error listing them.
EdgeRule parse_edge_rule(const std::string& name);
std::string to_string(EdgeRule rule);

struct ClipWindowOptions {
  int64_t length = 16;  ///< frames of a window
  int64_t stride = 1;   ///< frames from a window to the next
  /// The features of TVQA and TGIF-QA were made with `centre` and stride 1: a row a frame. Videos
  /// shorter than a window get one with all rules but `drop`.
  EdgeRule edge = EdgeRule::kCentre;
};

struct ClipWindow {
  torch::Tensor frames;  ///< (3, length, H, W)
  double seconds = 0;    ///< time of its middle frame, number length / 2, or of the last before it
                         ///< that the video has; with centre and shift of the frame it stands for
};

/// Frames of one video -> windows for a motion network, in order. Holds at most about two windows
/// of frames.
class ClipWindows {
 public:
  /// Throws c10::Error for lengths and strides below 1.
  explicit ClipWindows(const ClipWindowOptions& options);

  /// frame: (3, H, W), all of one size. Returns the windows that are complete with it.
  std::vector<ClipWindow> push(torch::Tensor frame, double seconds);
  /// After the last frame: what the edge rule makes of the rest. The object is then as new.
  std::vector<ClipWindow> finish();

 private:
  struct Frame {
    torch::Tensor pixels;
    double seconds;
  };

  int64_t begin_of(int64_t window) const;
  /// The frame that stands at `index` of the endless video; `count` frames are known.
  int64_t clamp_or_wrap(int64_t index) const;
  bool is_last_known_window(int64_t window) const;
  ClipWindow make(int64_t window) const;
  const Frame& frame(int64_t index) const;
  void forget();

  ClipWindowOptions options_;
  std::deque<Frame> frames_;  ///< numbers first_ .. count_ - 1
  std::vector<Frame> start_;  ///< the first frames, for kLoop
  int64_t first_ = 0;
  int64_t count_ = 0;
  int64_t next_window_ = 0;
};

}  // namespace vidqa::features
