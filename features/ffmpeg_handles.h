#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <array>
#include <memory>
#include <string>

namespace vidqa::features::ffmpeg {

/// Deleter for FFmpeg's functions that take a pointer to the pointer and set it to null.
template <auto Free>
struct FreeByAddress {
  template <typename T>
  void operator()(T* object) const {
    Free(&object);
  }
};

/// Deleter for FFmpeg's functions that take the pointer.
template <auto Free>
struct FreeByValue {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

struct CloseOutput {
  void operator()(AVFormatContext* context) const {
    avio_closep(&context->pb);
    avformat_free_context(context);
  }
};

using UniqueInputContext = std::unique_ptr<AVFormatContext, FreeByAddress<avformat_close_input>>;
using UniqueOutputContext = std::unique_ptr<AVFormatContext, CloseOutput>;
using UniqueCodecContext = std::unique_ptr<AVCodecContext, FreeByAddress<avcodec_free_context>>;
using UniqueFrame = std::unique_ptr<AVFrame, FreeByAddress<av_frame_free>>;
using UniquePacket = std::unique_ptr<AVPacket, FreeByAddress<av_packet_free>>;
using UniqueSwsContext = std::unique_ptr<SwsContext, FreeByValue<sws_freeContext>>;

/// What a negative return value of an FFmpeg function means.
inline std::string error_text(int error) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(error, text.data(), text.size());
  return text.data();
}

/// A local path as FFmpeg takes it: without the protocol, "a:b.mp4" would ask for the protocol "a".
inline std::string url_of(const std::string& path) { return "file:" + path; }

/// Duration of a frame in ticks of its stream; 0 when unknown.
inline int64_t frame_duration(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  return frame.duration;
#else
  return frame.pkt_duration;
#endif
}

/// Whether the decoder had to guess a part of the picture.
inline bool is_damaged(const AVFrame& frame) {
  return frame.decode_error_flags != 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) != 0;
}

inline bool is_interlaced(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return (frame.flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
  return frame.interlaced_frame != 0;
#endif
}

/// The 9 numbers of the stream's display matrix; null where it has none.
inline const int32_t* display_matrix(const AVStream& stream) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)
  const AVPacketSideData* data =
      av_packet_side_data_get(stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data,
                              AV_PKT_DATA_DISPLAYMATRIX);
  return data == nullptr ? nullptr : reinterpret_cast<const int32_t*>(data->data);
#else
  return reinterpret_cast<const int32_t*>(
      av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr));
#endif
}

/// FFmpeg and x264 write to stderr by themselves; what they say is in the errors that we throw.
inline void silence() { av_log_set_level(AV_LOG_QUIET); }

}  // namespace vidqa::features::ffmpeg
