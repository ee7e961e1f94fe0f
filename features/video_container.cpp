#include "features/video_container.h"

#include <fstream>
#include <new>

#include <fmt/format.h>

#include "features/video_reader.h"

extern "C" {
#include <libavutil/avstring.h>
#include <libavutil/parseutils.h>
}

namespace vidqa::features {
namespace {

struct CloseInput {
  void operator()(AVIOContext* input) const { avio_closep(&input); }
};

/// The format that the content has, whatever the name says; null when FFmpeg knows none. (Names
/// like `50%d.jpg` would mean a sequence of files.)
const AVInputFormat* input_format_of(const std::string& path) {
  AVIOContext* opened = nullptr;
  if (avio_open(&opened, ffmpeg::url_of(path).c_str(), AVIO_FLAG_READ) < 0) return nullptr;
  const std::unique_ptr<AVIOContext, CloseInput> input(opened);
#if LIBAVFORMAT_VERSION_MAJOR >= 59
  const AVInputFormat* format = nullptr;
#else
  AVInputFormat* format = nullptr;
#endif
  return av_probe_input_buffer2(opened, &format, "", nullptr, 0, 0) < 0 ? nullptr : format;
}

int ask_cancelled(void* function) {
  const auto& cancelled = *static_cast<const std::function<bool()>*>(function);
  return cancelled && cancelled() ? 1 : 0;
}

ffmpeg::UniqueInputContext open_container(const std::string& path,
                                          const std::function<bool()>& cancelled) {
  ffmpeg::silence();
  AVFormatContext* context = avformat_alloc_context();
  if (context == nullptr) throw std::bad_alloc();
  // A play list in disguise must not fetch anything from elsewhere.
  context->protocol_whitelist = av_strdup("file");
  context->interrupt_callback = {ask_cancelled, const_cast<std::function<bool()>*>(&cancelled)};
#if LIBAVFORMAT_VERSION_MAJOR >= 59
  const AVInputFormat* format = input_format_of(path);
#else
  auto* format = const_cast<AVInputFormat*>(input_format_of(path));
#endif
  const int opened = avformat_open_input(&context, ffmpeg::url_of(path).c_str(), format, nullptr);
  const auto is_cancelled = [&] { return cancelled && cancelled(); };
  if (opened < 0 && is_cancelled()) fail_cancelled(path);  // whatever the demuxer made of it
  if (opened < 0)                                          // FFmpeg has freed the context
    fail_video(path, fmt::format("cannot be opened as a video ({}); if it should be one, it is cut "
                                 "or damaged: get it again",
                                 ffmpeg::error_text(opened)));
  ffmpeg::UniqueInputContext container(context);
  const int found = avformat_find_stream_info(context, nullptr);
  if (found < 0 && is_cancelled()) fail_cancelled(path);
  if (found < 0)
    fail_video(path, fmt::format("has streams that cannot be read ({}); get the file again",
                                 ffmpeg::error_text(found)));
  return container;
}

bool is_video(const AVStream& stream) {
  return stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
         (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) == 0;
}

AVStream* choose_stream(AVFormatContext& container, const std::string& path,
                        const std::optional<int>& wanted) {
  std::string videos;
  for (unsigned i = 0; i < container.nb_streams; ++i)
    if (is_video(*container.streams[i]))
      videos += fmt::format("{}{}", videos.empty() ? "" : ", ", i);
  if (videos.empty()) fail_video(path, "has no video stream; name a file that has one");
  const int index =
      wanted ? *wanted : av_find_best_stream(&container, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0 || index >= static_cast<int>(container.nb_streams) ||
      !is_video(*container.streams[index]))
    fail_video(path,
               fmt::format("has no video stream {}; its video streams are {}", index, videos));
  for (unsigned i = 0; i < container.nb_streams; ++i)
    if (static_cast<int>(i) != index) container.streams[i]->discard = AVDISCARD_ALL;
  return container.streams[index];
}

ffmpeg::UniqueCodecContext open_decoder(const AVStream& stream, const std::string& path) {
  const char* name = avcodec_get_name(stream.codecpar->codec_id);
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  if (codec == nullptr)
    fail_video(path,
               fmt::format("is coded as {}, which this FFmpeg cannot decode; convert it", name));
  ffmpeg::UniqueCodecContext decoder(avcodec_alloc_context3(codec));
  if (decoder == nullptr) throw std::bad_alloc();
  int status = avcodec_parameters_to_context(decoder.get(), stream.codecpar);
  decoder->pkt_timebase = stream.time_base;
  // Frame threads do not help small videos, and the network wants the cores.
  decoder->thread_count = 1;
  if (status >= 0) status = avcodec_open2(decoder.get(), codec, nullptr);
  if (status < 0)
    fail_video(path, fmt::format("cannot be decoded as {} ({})", name, ffmpeg::error_text(status)));
  return decoder;
}

bool is_format(const AVFormatContext& container, const char* name) {
  return av_match_name(name, container.iformat->name) != 0;
}

}  // namespace

void fail_video(const std::string& path, const std::string& what) {
  throw VideoError(fmt::format("'{}' {}", path, what));
}

void fail_cancelled(const std::string& path) { throw VideoError(path + ": cancelled"); }

std::string format_by_content(const std::string& path) {
  ffmpeg::silence();
  const AVInputFormat* format = input_format_of(path);
  return format == nullptr ? "" : format->name;
}

VideoContainer::VideoContainer(const std::string& path, const std::optional<int>& stream_index,
                               const std::function<bool()>& cancelled)
    : container(open_container(path, cancelled)),
      stream(choose_stream(*container, path, stream_index)),
      decoder(open_decoder(*stream, path)) {}

double VideoContainer::nominal_fps() const {
  const AVRational rate = av_guess_frame_rate(container.get(), stream, nullptr);
  return rate.num <= 0 || rate.den <= 0 ? 0 : av_q2d(rate);
}

int64_t VideoContainer::nominal_ticks() const {
  const AVRational rate = av_guess_frame_rate(container.get(), stream, nullptr);
  return rate.num <= 0 || rate.den <= 0 ? 0 : av_rescale_q(1, av_inv_q(rate), stream->time_base);
}

double VideoContainer::promised_seconds() const {
  const auto seconds = [](int64_t microseconds) {
    return static_cast<double>(microseconds) / AV_TIME_BASE;
  };
  // FFmpeg shortens the duration of a cut AVI file, but not the number of frames in its header.
  if (is_format(*container, "avi") && stream->nb_frames > 0 && stream->avg_frame_rate.num > 0)
    return static_cast<double>(stream->nb_frames) / av_q2d(stream->avg_frame_rate);
  if (stream->duration != AV_NOPTS_VALUE && stream->duration > 0)
    return to_seconds(stream->duration);
  // Matroska counts from 0 on, wherever the first frame is.
  const bool has_start = stream->start_time != AV_NOPTS_VALUE && stream->start_time > 0;
  const double before_start =
      is_format(*container, "matroska") && has_start ? to_seconds(stream->start_time) : 0;
  int64_t microseconds = 0;
  const AVDictionaryEntry* tag =
      av_dict_get(stream->metadata, "DURATION", nullptr, AV_DICT_IGNORE_SUFFIX);
  if (tag != nullptr && av_parse_time(&microseconds, tag->value, 1) >= 0)
    return seconds(microseconds) - before_start;
  const bool guessed = container->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE;
  if (guessed || container->duration <= 0) return 0;
  return seconds(container->duration) - before_start;
}

bool VideoContainer::lacks_end_mark(const std::string& path) const {
  if (!is_format(*container, "gif")) return false;
  std::ifstream file(path, std::ios::binary);
  file.seekg(0, std::ios::end);
  for (std::streamoff at = file.tellg(); at > 0; --at) {
    const int byte = file.seekg(at - 1).get();
    const bool is_padding = byte == 0 || byte == '\n' || byte == '\r';
    if (!is_padding) return byte != ';';
  }
  return true;
}

}  // namespace vidqa::features
