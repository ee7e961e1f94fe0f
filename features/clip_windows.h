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
  kRepeatLast,  ///< the same, but it is kept: the last frame fills it
  kLoop,        ///< the same, but it is kept: the video starts anew
  kCentre,      ///< a window around each of the frames 0, stride, ...: length / 2 frames before it,
                ///< the rest from it on; the first and last frame stand for what lies outside
  kShift,       ///< the same, but a window that reaches outside is moved inside
};

/// drop, repeat-last, loop, centre, shift. Throws c10::Error listing them.
EdgeRule parse_edge_rule(const std::string& name);
std::string to_string(EdgeRule rule);

/// The features of TVQA and TGIF-QA were made with `centre` and stride 1, a row a frame; those of
/// whole videos often with `drop` and the stride of a length. A video shorter than a window gives
/// none with `drop`; with `shift` its last frame is repeated.
struct ClipWindowOptions {
  int64_t length = 16;  ///< frames of a window
  int64_t stride = 1;   ///< frames from a window to the next
  EdgeRule edge = EdgeRule::kCentre;
};

struct ClipWindow {
  torch::Tensor frames;  ///< (3, length, H, W)
  /// With centre and shift the time of the frame around which the window was asked for, else of its
  /// frame number length / 2, or of the video's last frame if that is earlier.
  double seconds = 0;
};

/// Frames of one video -> windows for a motion network, in order. Holds about a window of frames.
class ClipWindows {
 public:
  /// Throws c10::Error for lengths and strides below 1.
  explicit ClipWindows(const ClipWindowOptions& options);

  /// frame: (3, H, W), all of one size. Returns the windows that are complete with it.
  std::vector<ClipWindow> push(const torch::Tensor& frame, double seconds);
  /// After the last frame: what the edge rule makes of the rest. The object is as new then.
  std::vector<ClipWindow> finish();

  const ClipWindowOptions& options() const { return options_; }

 private:
  struct Frame {
    torch::Tensor pixels;
    double seconds;
  };

  bool is_centred() const {
    return options_.edge == EdgeRule::kCentre || options_.edge == EdgeRule::kShift;
  }
  int64_t first_frame() const;  ///< of the next window; may be negative
  ClipWindow make_window() const;
  const Frame& at(int64_t number) const;
  void forget();

  ClipWindowOptions options_;
  std::deque<Frame> frames_;  ///< numbers count_ - frames_.size() .. count_ - 1
  std::vector<Frame> start_;  ///< the first `length` frames; for kLoop alone
  int64_t count_ = 0;         ///< frames so far
  int64_t anchor_ = 0;        ///< of the next window: the frame that it is around, or begins with
};

}  // namespace vidqa::features
