#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vidqa::benchmarks {

/// A frame as a small picture.
struct ClipFrame {
  double seconds = 0;  ///< from the start of the clip
  std::string jpeg;
};

/// A few frames of a clip.
struct ClipFrames {
  double duration_seconds = 0;
  std::vector<ClipFrame> frames;  ///< in order of time
};

struct ClipFrameOptions {
  int64_t num_frames = 8;  ///< the clip is cut into so many equal parts; the middle of each
  int width = 160;         ///< pixels; the height follows
  int jpeg_quality = 70;
};

/// Throws features::VideoError.
ClipFrames read_clip_frames(const std::string& path, const ClipFrameOptions& options);

/// The clips of a folder, by name (file name without its ending), decoded when they are first asked
/// for.
class ClipLibrary {
 public:
  /// `folder` empty: a library without clips. Throws std::runtime_error: no such folder, no videos
  /// in it, two of one name.
  explicit ClipLibrary(const std::string& folder);

  /// Null where there is no such clip, or where it cannot be read.
  const ClipFrames* find(const std::string& name);
  /// Why clips that were asked for have no frames, a line each.
  const std::vector<std::string>& faults() const { return faults_; }
  bool empty() const { return paths_.empty(); }

 private:
  std::string folder_;
  std::map<std::string, std::string> paths_;
  std::map<std::string, ClipFrames> read_;
  std::vector<std::string> faults_;
};

}  // namespace vidqa::benchmarks
