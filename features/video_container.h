#pragma once

#include <functional>
#include <optional>
#include <string>

#include "features/ffmpeg_handles.h"

namespace vidqa::features {

/// Throws VideoError "'<path>' <what>".
[[noreturn]] void fail_video(const std::string& path, const std::string& what);
/// Throws VideoError "<path>: cancelled".
[[noreturn]] void fail_cancelled(const std::string& path);

/// An opened video file: container, the chosen stream and a decoder for it, on one thread. All
/// functions throw VideoError.
struct VideoContainer {
  /// `cancelled` (may be empty) is asked while the file is read and must outlive the container.
  VideoContainer(const std::string& path, const std::optional<int>& stream_index,
                 const std::function<bool()>& cancelled);

  ffmpeg::UniqueInputContext container;
  AVStream* stream;  ///< belongs to the container
  ffmpeg::UniqueCodecContext decoder;

  double to_seconds(int64_t ticks) const {
    return static_cast<double>(ticks * stream->time_base.num) / stream->time_base.den;
  }
  /// Frames a second that the container tells; 0 when it does not.
  double nominal_fps() const;
  /// Ticks from one frame to the next by that; 0 when unknown.
  int64_t nominal_ticks() const;
  /// Seconds that the container says the stream lasts; 0 when it does not say, or only estimates it
  /// from the bit rate.
  double promised_seconds() const;
  /// A GIF file says nowhere how long it is, but its last byte is a semicolon.
  bool lacks_end_mark(const std::string& path) const;
};

/// Name by which FFmpeg knows the format that the content of the file has ("mov,mp4,...",
/// "png_pipe"); empty when it knows none.
std::string format_by_content(const std::string& path);

}  // namespace vidqa::features
