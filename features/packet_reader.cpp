#include "features/packet_reader.h"

#include <new>

namespace vidqa::features {
namespace {

constexpr int kMaxReadRetries = 1000;

}  // namespace

PacketReader::PacketReader(const std::string& path, const VideoReaderOptions& options)
    : path_(path), options_(options), video_(path, options.stream, options.cancelled) {}

ffmpeg::UniquePacket PacketReader::next() {
  ffmpeg::UniquePacket packet(av_packet_alloc());
  if (packet == nullptr) throw std::bad_alloc();
  for (int retries = 0; !is_at_end_;) {
    const int status = av_read_frame(video_.container.get(), packet.get());
    if (options_.cancelled && options_.cancelled()) fail_cancelled(path_);
    if (status == AVERROR(EAGAIN) && ++retries < kMaxReadRetries) continue;
    if (status < 0) {
      if (status != AVERROR_EOF) ++errors_;
      is_at_end_ = true;
    } else if (packet->stream_index == video_.stream->index) {
      return packet;
    } else {
      av_packet_unref(packet.get());
    }
  }
  return nullptr;
}

}  // namespace vidqa::features
