#include "features/progress_meter.h"

#include <algorithm>

#include "features/source_stamp.h"

namespace vidqa::features {

ProgressMeter::ProgressMeter(const std::vector<VideoFile>& videos) : bytes_done_(videos.size(), 0) {
  for (const VideoFile& video : videos) {
    bytes_.push_back(static_cast<double>(std::max<int64_t>(0, stamp_source(video.path).bytes)));
    bytes_left_ += bytes_.back();
  }
}

void ProgressMeter::advance(size_t clip, double share) {
  if (!is_started_) start_ = Clock::now();
  is_started_ = true;
  const double done = std::max(bytes_done_[clip], share * bytes_[clip]);
  all_bytes_done_ += done - bytes_done_[clip];
  bytes_left_ -= done - bytes_done_[clip];
  bytes_done_[clip] = done;
}

void ProgressMeter::skip(size_t clip) {
  bytes_left_ -= bytes_[clip] - bytes_done_[clip];
  bytes_[clip] = bytes_done_[clip];
}

void ProgressMeter::finish(size_t clip) {
  if (bytes_[clip] > bytes_done_[clip]) advance(clip, 1);
  ++clips_done_;
}

ExtractProgress ProgressMeter::progress(const std::string& clip) const {
  ExtractProgress progress;
  progress.clips_done = clips_done_;
  progress.clips_total = static_cast<int64_t>(bytes_.size());
  progress.frames = frames_;
  progress.clip = clip;
  const double seconds =
      is_started_ ? std::chrono::duration<double>(Clock::now() - start_).count() : 0;
  if (seconds > 0) progress.frames_per_second = static_cast<double>(frames_) / seconds;
  if (all_bytes_done_ > 0) progress.seconds_left = seconds * bytes_left_ / all_bytes_done_;
  return progress;
}

}  // namespace vidqa::features
