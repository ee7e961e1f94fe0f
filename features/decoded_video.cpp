#include <algorithm>
#include <cstdlib>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <opencv2/core.hpp>

#include "features/packet_decoder.h"
#include "features/rgb_converter.h"
#include "features/video_source.h"

namespace vidqa::features {
namespace {

constexpr double kMissingShare = 0.1;  // of the promised duration
constexpr int64_t kDamagedShare = 10;  // more than one frame in so many

/// A frame and when it is shown, in ticks of the stream.
struct TimedFrame {
  ffmpeg::UniqueFrame frame{av_frame_alloc()};
  int64_t pts = 0;
  int64_t duration = 0;  ///< 0: unknown
  bool is_there = false;
};

class DecodedVideo : public VideoReader::Source {
 public:
  DecodedVideo(const std::string& path, const VideoReaderOptions& options)
      : Source(path),
        options_(options),
        decoder_(path, options_),
        converter_(ffmpeg::display_matrix(*decoder_.video().stream), options.color),
        nominal_fps_(decoder_.video().nominal_fps()),
        nominal_ticks_(decoder_.video().nominal_ticks()) {}

  bool grab() override;
  void skip_until(double seconds) override { skip_seconds_ = seconds; }
  double seconds() const override { return from_start(current_.pts); }
  double end_seconds() const override { return from_start(end_pts()); }
  bool is_last() const override { return !ahead_.is_there; }
  cv::Mat retrieve() override;
  double scan_end_seconds() const override;
  double nominal_fps() const override { return nominal_fps_; }
  DecodeReport report() const override;

 private:
  double from_start(int64_t pts) const { return decoder_.video().to_seconds(pts - first_pts_); }
  int64_t end_pts() const;
  /// Decodes the frame after `previous` into ahead_.
  void look_ahead(const TimedFrame& previous);
  void skip();
  int64_t errors() const { return errors_ + decoder_.errors(); }
  std::string fault() const;

  VideoReaderOptions options_;
  PacketDecoder decoder_;
  RgbConverter converter_;
  double nominal_fps_;
  int64_t nominal_ticks_;
  TimedFrame current_, ahead_;
  bool has_started_ = false;
  bool has_ended_ = false;
  double skip_seconds_ = 0;
  int64_t first_pts_ = 0;
  int64_t interval_ = 0;  ///< ticks between the last two frames that follow each other
  int64_t frames_ = 0;
  int64_t errors_ = 0;  ///< of what the decoder gave
  int64_t interlaced_ = 0;
};

void DecodedVideo::look_ahead(const TimedFrame& previous) {
  while ((ahead_.is_there = decoder_.next(*ahead_.frame))) {
    const AVFrame& frame = *ahead_.frame;
    ahead_.pts = frame.best_effort_timestamp;
    if (ahead_.pts == AV_NOPTS_VALUE)
      ahead_.pts = previous.is_there ? previous.pts + std::max<int64_t>(nominal_ticks_, 1) : 0;
    const bool is_placed = !previous.is_there || ahead_.pts > previous.pts;
    if (!is_placed || ffmpeg::is_damaged(frame)) ++errors_;
    if (!is_placed) continue;
    ahead_.duration = ffmpeg::frame_duration(frame);
    ++frames_;
    if (ffmpeg::is_interlaced(frame)) ++interlaced_;
    return;
  }
}

void DecodedVideo::skip() {
  const VideoContainer& video = decoder_.video();
  const double end_of_time = static_cast<double>(INT64_MAX / 2);
  const double ticks = skip_seconds_ * video.stream->time_base.den / video.stream->time_base.num;
  const int64_t target =
      first_pts_ + static_cast<int64_t>(std::min(ticks, end_of_time - std::abs(first_pts_)));
  if (!ahead_.is_there || target <= ahead_.pts || !decoder_.skip_until(target, ahead_.pts)) return;
  --frames_;  // the frame ahead, passed over or coming again
  look_ahead(current_);
  interval_ = 0;
}

bool DecodedVideo::grab() {
  if (!has_started_) {
    has_started_ = true;
    look_ahead(current_);
    first_pts_ = ahead_.pts;
  } else if (skip_seconds_ > 0) {
    skip();
  }
  if (!ahead_.is_there) {
    if (!has_ended_ && decoder_.video().lacks_end_mark(path)) ++errors_;
    has_ended_ = true;
    if (frames_ == 0)
      fail_video(path,
                 fmt::format("holds no frame that can be decoded ({} errors); get the file again",
                             errors()));
    return false;
  }
  std::swap(current_, ahead_);
  look_ahead(current_);
  if (ahead_.is_there) interval_ = ahead_.pts - current_.pts;
  return true;
}

int64_t DecodedVideo::end_pts() const {
  if (ahead_.is_there) return ahead_.pts;
  if (current_.duration > 0) return current_.pts + current_.duration;
  return current_.pts + (interval_ > 0 ? interval_ : nominal_ticks_);
}

cv::Mat DecodedVideo::retrieve() {
  try {
    return converter_.convert(*current_.frame);
  } catch (const c10::Error& error) {
    fail_video(path, fmt::format("has frames that cannot be shown ({}); convert it",
                                 error.what_without_backtrace()));
  } catch (const cv::Exception& error) {
    fail_video(path, fmt::format("has frames of {} x {} pixels, for which there is no memory",
                                 current_.frame->width, current_.frame->height));
  }
}

double DecodedVideo::scan_end_seconds() const {
  PacketReader reader(path, options_);
  int64_t last = INT64_MIN, last_but_one = INT64_MIN, duration = 0;
  while (const ffmpeg::UniquePacket packet = reader.next()) {
    if ((packet->flags & AV_PKT_FLAG_DISCARD) != 0) continue;
    if (packet->pts == AV_NOPTS_VALUE) {
      VideoReader decoding(path, options_);
      while (decoding.grab()) continue;
      return decoding.end_seconds();
    }
    if (packet->pts > last) {
      last_but_one = last;
      last = packet->pts;
      duration = packet->duration;
    } else {
      last_but_one = std::max(last_but_one, packet->pts);
    }
  }
  if (last == INT64_MIN) return end_seconds();
  if (duration <= 0) duration = last_but_one == INT64_MIN ? nominal_ticks_ : last - last_but_one;
  return std::max(from_start(last + duration), end_seconds());
}

std::string DecodedVideo::fault() const {
  if (errors() * kDamagedShare > frames_)
    return fmt::format("is damaged: {} errors in {} frames; get the file again", errors(), frames_);
  const VideoContainer& video = decoder_.video();
  if (video.lacks_end_mark(path))
    return fmt::format("ends after {} frames without the end mark of a GIF; get the file again",
                       frames_);
  const double promised = video.promised_seconds(), decoded = end_seconds();
  const double tolerated = std::max(kMissingShare * promised, 2 * video.to_seconds(nominal_ticks_));
  if (promised - decoded <= tolerated) return "";
  const std::string of_frames =
      video.stream->nb_frames > 0 ? fmt::format(" of {}", video.stream->nb_frames) : "";
  const std::string frames =
      decoder_.has_skipped() ? "" : fmt::format("{}{} frames, ", frames_, of_frames);
  return fmt::format("is cut: {}{:.2f} of {:.2f} s could be decoded; get the file again", frames,
                     decoded, promised);
}

DecodeReport DecodedVideo::report() const {
  const VideoContainer& video = decoder_.video();
  DecodeReport report;
  report.decoded_frames = frames_;
  report.decode_errors = errors();
  report.interlaced_frames = interlaced_;
  report.first_seconds = video.to_seconds(first_pts_);
  report.last_seconds = seconds();
  report.end_seconds = end_seconds();
  if (const double promised = video.promised_seconds(); promised > 0)
    report.container_seconds = promised;
  if (!has_ended_) return report;
  const std::string reason = fault();
  report.partial = !reason.empty();
  if (report.partial) report.partial_reason = fmt::format("'{}' {}", path, reason);
  return report;
}

}  // namespace

std::unique_ptr<VideoReader::Source> open_decoded_video(const std::string& path,
                                                        const VideoReaderOptions& options) {
  return std::make_unique<DecodedVideo>(path, options);
}

}  // namespace vidqa::features
