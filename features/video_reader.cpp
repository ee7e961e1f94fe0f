#include "features/video_reader.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <new>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "features/ffmpeg_handles.h"
#include "features/rgb_converter.h"

extern "C" {
#include <libavutil/avstring.h>
#include <libavutil/parseutils.h>
}

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;

constexpr double kMissingShare = 0.1;  // of the promised duration
constexpr int64_t kDamagedShare = 10;  // more than one frame in so many

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw VideoError(fmt::format("'{}' {}", path, what));
}

void check_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) fail(path, "does not exist; check the path");
  if (fs::is_directory(status)) fail(path, "is a folder; name a video file");
  if (fs::is_regular_file(status) && fs::file_size(path, error) == 0)
    fail(path, "is an empty file; copy or download it again");
}

ffmpeg::UniqueInputContext open_container(const std::string& path) {
  ffmpeg::silence();
  check_file(path);
  AVFormatContext* context = avformat_alloc_context();
  if (context == nullptr) throw std::bad_alloc();
  // A play list in disguise must not fetch anything from elsewhere.
  context->protocol_whitelist = av_strdup("file");
  const int opened = avformat_open_input(&context, ffmpeg::url_of(path).c_str(), nullptr, nullptr);
  if (opened < 0)  // FFmpeg has freed the context
    fail(path, fmt::format("cannot be opened as a video ({}); if it should be one, it is cut or "
                           "damaged: get it again",
                           ffmpeg::error_text(opened)));
  ffmpeg::UniqueInputContext container(context);
  const int found = avformat_find_stream_info(context, nullptr);
  if (found < 0)
    fail(path, fmt::format("has streams that cannot be read ({}); get the file again",
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
  if (videos.empty()) fail(path, "has no video stream; name a file that has one");
  const int index =
      wanted ? *wanted : av_find_best_stream(&container, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0 || index >= static_cast<int>(container.nb_streams) ||
      !is_video(*container.streams[index]))
    fail(path, fmt::format("has no video stream {}; its video streams are {}", index, videos));
  return container.streams[index];
}

ffmpeg::UniqueCodecContext open_decoder(const AVStream& stream, const std::string& path) {
  const char* name = avcodec_get_name(stream.codecpar->codec_id);
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  if (codec == nullptr)
    fail(path, fmt::format("is coded as {}, which this FFmpeg cannot decode; convert it", name));
  ffmpeg::UniqueCodecContext decoder(avcodec_alloc_context3(codec));
  if (decoder == nullptr) throw std::bad_alloc();
  int status = avcodec_parameters_to_context(decoder.get(), stream.codecpar);
  decoder->pkt_timebase = stream.time_base;
  decoder->thread_count =
      1;  // frame threads do not help small videos, and the network wants the cores
  if (status >= 0) status = avcodec_open2(decoder.get(), codec, nullptr);
  if (status < 0)
    fail(path, fmt::format("cannot be decoded as {} ({})", name, ffmpeg::error_text(status)));
  return decoder;
}

double to_seconds(int64_t ticks, AVRational time_base) {
  return static_cast<double>(ticks * time_base.num) / time_base.den;
}

bool is_format(const AVFormatContext& container, const char* name) {
  return av_match_name(name, container.iformat->name) != 0;
}

/// A GIF file says nowhere how long it is, but its last byte is a semicolon.
bool lacks_end_mark(const AVFormatContext& container, const std::string& path) {
  if (!is_format(container, "gif")) return false;
  std::ifstream file(path, std::ios::binary);
  return file.seekg(-1, std::ios::end) && file.get() != ';';
}

/// Seconds that the container says the stream lasts; 0 when it does not say.
double promised_seconds(const AVFormatContext& container, const AVStream& stream) {
  // FFmpeg shortens the duration of a cut AVI file, but not the number of frames in its header.
  if (is_format(container, "avi") && stream.nb_frames > 0 && stream.avg_frame_rate.num > 0)
    return static_cast<double>(stream.nb_frames) / av_q2d(stream.avg_frame_rate);
  if (stream.duration != AV_NOPTS_VALUE && stream.duration > 0)
    return to_seconds(stream.duration, stream.time_base);
  int64_t microseconds = 0;
  const AVDictionaryEntry* tag =
      av_dict_get(stream.metadata, "DURATION", nullptr, AV_DICT_IGNORE_SUFFIX);  // Matroska
  if (tag != nullptr && av_parse_time(&microseconds, tag->value, 1) >= 0)
    return to_seconds(microseconds, AV_TIME_BASE_Q);
  const bool guessed = container.duration_estimation_method == AVFMT_DURATION_FROM_BITRATE;
  return guessed || container.duration <= 0 ? 0 : to_seconds(container.duration, AV_TIME_BASE_Q);
}

}  // namespace

struct VideoReader::Impl {
  Impl(const std::string& path, const VideoReaderOptions& options)
      : path(path),
        container(open_container(path)),
        stream(choose_stream(*container, path, options.stream)),
        decoder(open_decoder(*stream, path)),
        converter(ffmpeg::display_matrix(*stream)) {
    for (unsigned i = 0; i < container->nb_streams; ++i)
      if (container->streams[i] != stream) container->streams[i]->discard = AVDISCARD_ALL;
  }

  /// Gives the decoder the next packet of the stream, at the end the sign that there is none.
  void feed();
  /// Decodes the next frame, damaged ones included; false at the end.
  bool receive();
  /// Ticks from one frame to the next by the nominal frame rate; 0 when there is none.
  int64_t nominal_ticks() const;
  void check_whole() const;

  std::string path;
  ffmpeg::UniqueInputContext container;
  AVStream* stream;  // belongs to the container
  ffmpeg::UniqueCodecContext decoder;
  RgbConverter converter;
  ffmpeg::UniquePacket packet{av_packet_alloc()};
  ffmpeg::UniqueFrame frame{av_frame_alloc()};
  int64_t first_pts = 0;
  int64_t pts = 0;  // of the grabbed frame, in ticks of the stream
  int64_t end_pts = 0;
  int64_t frames = 0;
  int64_t errors = 0;
};

void VideoReader::Impl::feed() {
  for (;;) {
    const int read = av_read_frame(container.get(), packet.get());
    if (read < 0) {
      if (read != AVERROR_EOF) ++errors;
      avcodec_send_packet(decoder.get(), nullptr);
      return;
    }
    const bool ours = packet->stream_index == stream->index;
    if (ours && avcodec_send_packet(decoder.get(), packet.get()) < 0) ++errors;
    av_packet_unref(packet.get());
    if (ours) return;
  }
}

bool VideoReader::Impl::receive() {
  for (;;) {
    const int received = avcodec_receive_frame(decoder.get(), frame.get());
    if (received == 0) return true;
    if (received == AVERROR_EOF) return false;
    if (received == AVERROR(EAGAIN))
      feed();
    else
      ++errors;
  }
}

int64_t VideoReader::Impl::nominal_ticks() const {
  const AVRational rate = av_guess_frame_rate(container.get(), stream, nullptr);
  return rate.num <= 0 || rate.den <= 0 ? 0 : av_rescale_q(1, av_inv_q(rate), stream->time_base);
}

void VideoReader::Impl::check_whole() const {
  if (frames == 0)
    fail(path,
         fmt::format("holds no frame that can be decoded ({} errors); get the file again", errors));
  if (errors * kDamagedShare > frames)
    fail(path,
         fmt::format("is damaged: {} errors in {} frames; get the file again", errors, frames));
  const double promised = promised_seconds(*container, *stream);
  const double decoded = to_seconds(end_pts - first_pts, stream->time_base);
  const double missing = promised - decoded;
  const double tolerated =
      std::max(kMissingShare * promised, 2 * to_seconds(nominal_ticks(), stream->time_base));
  if (missing > tolerated) {
    const std::string of_frames =
        stream->nb_frames > 0 ? fmt::format(" of {}", stream->nb_frames) : "";
    fail(path,
         fmt::format("is cut: {}{} frames, {:.2f} of {:.2f} s could be decoded; get the file again",
                     frames, of_frames, decoded, promised));
  }
}

VideoReader::VideoReader(const std::string& path, const VideoReaderOptions& options)
    : impl_(std::make_unique<Impl>(path, options)) {}
VideoReader::~VideoReader() = default;

bool VideoReader::grab() {
  Impl& impl = *impl_;
  while (impl.receive()) {
    int64_t pts = impl.frame->best_effort_timestamp;
    if (pts == AV_NOPTS_VALUE) pts = impl.frames == 0 ? 0 : impl.pts + impl.nominal_ticks();
    const bool placed = impl.frames == 0 || pts > impl.pts;
    if (!placed || impl.frame->decode_error_flags != 0 ||
        (impl.frame->flags & AV_FRAME_FLAG_CORRUPT) != 0)
      ++impl.errors;
    if (!placed) continue;
    if (impl.frames++ == 0) impl.first_pts = pts;
    impl.pts = pts;
    const int64_t duration = ffmpeg::frame_duration(*impl.frame);
    impl.end_pts = pts + (duration > 0 ? duration : impl.nominal_ticks());
    return true;
  }
  if (lacks_end_mark(*impl.container, impl.path)) ++impl.errors;
  impl.check_whole();
  return false;
}

double VideoReader::seconds() const {
  return to_seconds(impl_->pts - impl_->first_pts, impl_->stream->time_base);
}

double VideoReader::end_seconds() const {
  return to_seconds(impl_->end_pts - impl_->first_pts, impl_->stream->time_base);
}

cv::Mat VideoReader::retrieve() {
  try {
    return impl_->converter.convert(*impl_->frame);
  } catch (const c10::Error& error) {
    fail(impl_->path, fmt::format("has frames that cannot be shown ({}); convert it",
                                  error.what_without_backtrace()));
  }
}

const std::string& VideoReader::path() const { return impl_->path; }
int64_t VideoReader::frames() const { return impl_->frames; }
int64_t VideoReader::decode_errors() const { return impl_->errors; }

}  // namespace vidqa::features
