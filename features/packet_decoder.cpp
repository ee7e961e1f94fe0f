#include "features/packet_decoder.h"

#include <algorithm>

namespace vidqa::features {
namespace {

constexpr int64_t kMaxQueuedBytes = 64 << 20;
constexpr int kMaxErrorsInARow = 1000;

constexpr int kH264NalIdr = 5, kH264NalSei = 6, kH264SeiRecoveryPoint = 6;

/// Whether a unit of H.264 says that decoding may start here: an IDR picture, or a recovery point
/// after which no picture has to be waited for. (An I picture alone may be followed by pictures
/// that refer to what was before it.)
bool starts_h264(const uint8_t* unit, size_t size) {
  if (size < 2) return false;
  const int type = unit[0] & 31;
  if (type == kH264NalIdr) return true;
  if (type != kH264NalSei) return false;
  for (size_t at = 1; at + 2 < size;) {
    size_t payload_type = 0, payload_size = 0;
    for (; at < size && unit[at] == 255; ++at) payload_type += 255;
    if (at < size) payload_type += unit[at++];
    for (; at < size && unit[at] == 255; ++at) payload_size += 255;
    if (at < size) payload_size += unit[at++];
    // The payload starts with the number of frames to wait for, coded as a single 1 bit for none.
    if (payload_type == kH264SeiRecoveryPoint && at < size && payload_size > 0)
      return (unit[at] & 0x80) != 0;
    at += payload_size;
  }
  return false;
}

/// The same for a packet of units with a length before each (mp4, mkv) or a start code (ts, raw).
bool starts_h264(const AVPacket& packet, const AVCodecParameters& parameters) {
  const uint8_t* data = packet.data;
  const auto size = static_cast<size_t>(std::max(packet.size, 0));
  if (parameters.extradata_size > 4 && parameters.extradata[0] == 1) {
    const size_t length_size = (parameters.extradata[4] & 3) + 1;
    for (size_t at = 0; at + length_size < size;) {
      size_t length = 0;
      for (size_t i = 0; i < length_size; ++i) length = length << 8 | data[at + i];
      at += length_size;
      if (length > size - at) return false;
      if (starts_h264(data + at, length)) return true;
      at += length;
    }
    return false;
  }
  // The unit that begins behind a start code ends where the next one begins.
  std::optional<size_t> begin;
  for (size_t at = 0; at + 3 <= size; ++at) {
    if (data[at] != 0 || data[at + 1] != 0 || data[at + 2] != 1) continue;
    if (begin && starts_h264(data + *begin, at - *begin)) return true;
    begin = at + 3;
  }
  return begin && starts_h264(data + *begin, size - *begin);
}

bool has_safe_key_frames(AVCodecID codec) {
  switch (codec) {
    case AV_CODEC_ID_H264:  // with starts_h264()
    case AV_CODEC_ID_HEVC:
    case AV_CODEC_ID_MPEG1VIDEO:
    case AV_CODEC_ID_MPEG2VIDEO:
    case AV_CODEC_ID_MPEG4:
    case AV_CODEC_ID_VP8:
    case AV_CODEC_ID_VP9:
    case AV_CODEC_ID_AV1:
      return true;
    default:
      return false;
  }
}

/// Whether a packet changes how later ones are decoded, beyond its own picture.
bool changes_decoder(const AVPacket& packet) {
  for (const AVPacketSideDataType type :
       {AV_PKT_DATA_NEW_EXTRADATA, AV_PKT_DATA_PARAM_CHANGE, AV_PKT_DATA_PALETTE})
    if (av_packet_get_side_data(&packet, type, nullptr) != nullptr) return true;
  return false;
}

}  // namespace

PacketDecoder::PacketDecoder(const std::string& path, const VideoReaderOptions& options)
    : path_(path), options_(options), reader_(std::in_place, path, options) {
  may_skip_ = has_safe_key_frames(video().stream->codecpar->codec_id);
}

ffmpeg::UniquePacket PacketDecoder::read() {
  ffmpeg::UniquePacket packet = reader_->next();
  if (packet != nullptr && (packet->pts == AV_NOPTS_VALUE || changes_decoder(*packet)))
    may_skip_ = false;
  return packet;
}

void PacketDecoder::feed() {
  ffmpeg::UniquePacket packet;
  if (queue_.empty()) {
    packet = read();
  } else {
    packet = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= packet->size;
  }
  if (avcodec_send_packet(codec(), packet.get()) < 0 && packet != nullptr) ++decode_errors_;
}

bool PacketDecoder::next(AVFrame& frame) {
  for (int errors_in_a_row = 0;;) {
    const int received = avcodec_receive_frame(codec(), &frame);
    if (received == AVERROR(EAGAIN)) {
      errors_in_a_row = 0;
      feed();
    } else if (received == AVERROR_EOF || errors_in_a_row > kMaxErrorsInARow) {
      if (!is_entering_) return false;
      errors_in_a_row = 0;
      start_over();
    } else if (received < 0) {
      ++errors_in_a_row;
      ++decode_errors_;
    } else if (const int64_t pts = frame.best_effort_timestamp;
               pts != AV_NOPTS_VALUE && pts < entry_pts_) {
      continue;
    } else if (is_entering_ && (pts != entry_pts_ || ffmpeg::is_damaged(frame))) {
      start_over();
    } else {
      // Errors since the skip are of frames that were to be dropped.
      if (is_entering_) decode_errors_ = decode_errors_before_skip_;
      is_entering_ = false;
      return true;
    }
  }
}

void PacketDecoder::start_over() {
  reader_.emplace(path_, options_);
  queue_.clear();
  queued_bytes_ = decode_errors_ = 0;
  may_skip_ = is_entering_ = false;
  entry_pts_ = resume_pts_;
}

bool PacketDecoder::is_entry_point(const AVPacket& packet) const {
  const bool is_good = (packet.flags & AV_PKT_FLAG_KEY) != 0 &&
                       (packet.flags & (AV_PKT_FLAG_CORRUPT | AV_PKT_FLAG_DISCARD)) == 0;
  const AVCodecParameters& parameters = *video().stream->codecpar;
  return is_good && (parameters.codec_id != AV_CODEC_ID_H264 || starts_h264(packet, parameters));
}

bool PacketDecoder::skip_until(int64_t pts, int64_t resume_pts) {
  bool skips = false;
  for (size_t scanned = 0;; ++scanned) {
    if (scanned == queue_.size()) {
      // A key frame that is shown by `pts` is decoded by then.
      const bool settled = !queue_.empty() && queue_.back()->dts > pts;
      if (!may_skip_ || settled || queued_bytes_ >= kMaxQueuedBytes) break;
      ffmpeg::UniquePacket packet = read();
      if (packet == nullptr) break;
      queued_bytes_ += packet->size;
      queue_.push_back(std::move(packet));
    }
    const AVPacket& packet = *queue_[scanned];
    if (!may_skip_ || scanned == 0 || packet.pts <= resume_pts || packet.pts > pts ||
        !is_entry_point(packet))
      continue;
    entry_pts_ = packet.pts;
    for (; scanned > 0; --scanned) {
      queued_bytes_ -= queue_.front()->size;
      queue_.pop_front();
    }
    skips = true;
  }
  if (!skips) return false;
  avcodec_flush_buffers(codec());
  is_entering_ = has_skipped_ = true;
  resume_pts_ = resume_pts;
  decode_errors_before_skip_ = decode_errors_;
  return true;
}

}  // namespace vidqa::features
