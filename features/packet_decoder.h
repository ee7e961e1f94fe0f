#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "features/ffmpeg_handles.h"
#include "features/packet_reader.h"

namespace vidqa::features {

/// Packets of one stream in, frames in the order of presentation out. Goes on after damage as
/// ffmpeg does.
///
/// skip_until() drops packets that need not be decoded: all up to the last key frame whose time is
/// not after the wanted one. The packets are read nevertheless, never sought: reading costs little,
/// and seeking goes astray in some containers. Frames before the key frame in presentation order
/// (those of an open group of pictures) are dropped with it. If decoding does not begin with the
/// key frame after all, undamaged, the file is opened anew and decoded without skipping from then
/// on, so that the frames are always those of decoding everything. Skipped over are only packets of
/// codecs whose key frames are known to stand alone, in containers that store presentation times.
class PacketDecoder {
 public:
  /// `options` must outlive the decoder. Throws VideoError.
  PacketDecoder(const std::string& path, const VideoReaderOptions& options);

  /// The next frame, damaged ones included; false at the end. Throws VideoError: cancelled.
  bool next(AVFrame& frame);
  /// Lets next() pass over frames that end at or before `pts`. True when it does, beginning behind
  /// `resume_pts`; should the key frame prove bad, the next frame is the one at `resume_pts`.
  bool skip_until(int64_t pts, int64_t resume_pts);

  const VideoContainer& video() const { return reader_->video(); }
  int64_t errors() const { return reader_->errors() + decode_errors_; }
  bool has_skipped() const { return has_skipped_; }  ///< at any time

 private:
  AVCodecContext* codec() const { return video().decoder.get(); }
  /// The next packet from the file; null at the end.
  ffmpeg::UniquePacket read();
  /// Gives the decoder its next packet, at the end the sign that there is none.
  void feed();
  void start_over();
  bool is_entry_point(const AVPacket& packet) const;

  std::string path_;
  const VideoReaderOptions& options_;
  std::optional<PacketReader> reader_;
  std::deque<ffmpeg::UniquePacket> queue_;  ///< read, not yet decoded
  int64_t queued_bytes_ = 0;
  bool may_skip_ = false;
  bool has_skipped_ = false;
  int64_t decode_errors_ = 0;
  int64_t entry_pts_ = INT64_MIN;  ///< frames before it are dropped
  bool is_entering_ = false;  ///< a key frame at entry_pts_ was skipped to and has not come yet
  int64_t resume_pts_ = INT64_MIN;
  int64_t decode_errors_before_skip_ = 0;
};

}  // namespace vidqa::features
