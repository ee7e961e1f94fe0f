#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "features/extraction_report.h"
#include "features/video_files.h"

namespace vidqa::features {

/// How far an extraction is, its rate, and when it will be done: by the bytes of the videos, for
/// clips differ in length. Clips that are skipped count for nothing.
class ProgressMeter {
 public:
  ProgressMeter() = default;
  explicit ProgressMeter(const std::vector<VideoFile>& videos);

  /// `share` of the clip has been decoded, 0..1.
  void advance(size_t clip, double share);
  void skip(size_t clip);
  void finish(size_t clip);
  void add_frames(int64_t frames) { frames_ += frames; }
  ExtractProgress progress(const std::string& clip) const;

 private:
  using Clock = std::chrono::steady_clock;

  std::vector<double> bytes_;       ///< by clip; 0 once it is finished or skipped
  std::vector<double> bytes_done_;  ///< of clips in work
  double all_bytes_done_ = 0;
  double bytes_left_ = 0;
  int64_t clips_done_ = 0;
  int64_t frames_ = 0;
  Clock::time_point start_;  ///< of the first clip that was to be done
  bool is_started_ = false;
};

}  // namespace vidqa::features
