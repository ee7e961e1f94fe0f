#include "features/video_writer.h"

#include <string>

#include <c10/util/Exception.h>

#include "features/atomic_file.h"
#include "features/ffmpeg_handles.h"

namespace vidqa::features {
namespace {

constexpr int kMaxFpsDenominator = 1001000;  // 30000/1001 and its like stay exact

}  // namespace

struct VideoWriter::Impl {
  Impl(const std::string& path, const VideoWriterOptions& options);

  void check(int result, const char* doing) const {
    TORCH_CHECK(result >= 0, "VideoWriter: cannot ", doing, " '", path,
                "': ", ffmpeg::error_text(result));
  }
  void open_encoder(const VideoWriterOptions& options);
  void open_container();
  /// Gives `frame` (null: the end) to the encoder and what it has ready to the container.
  void encode(const AVFrame* frame);

  std::string path;
  AtomicFile file;
  ffmpeg::UniqueOutputContext container;
  ffmpeg::UniqueCodecContext encoder;
  ffmpeg::UniqueFrame yuv{av_frame_alloc()};
  ffmpeg::UniquePacket packet{av_packet_alloc()};
  ffmpeg::UniqueSwsContext converter;
  AVStream* stream = nullptr;  // belongs to the container
  int64_t frames_written = 0;
  bool closed = false;
};

VideoWriter::Impl::Impl(const std::string& path, const VideoWriterOptions& options)
    : path(path), file(path) {
  ffmpeg::silence();
  AVFormatContext* context = nullptr;
  const std::string url = ffmpeg::url_of(file.temporary_path());
  check(avformat_alloc_output_context2(&context, nullptr, "mp4", url.c_str()),
        "make the container of");
  container.reset(context);
  open_encoder(options);
  open_container();

  yuv->format = encoder->pix_fmt;
  yuv->width = encoder->width;
  yuv->height = encoder->height;
  yuv->colorspace = encoder->colorspace;
  yuv->color_range = encoder->color_range;
  check(av_frame_get_buffer(yuv.get(), 0), "allocate a frame for");

  converter.reset(sws_getContext(
      yuv->width, yuv->height, AV_PIX_FMT_RGB24, yuv->width, yuv->height, encoder->pix_fmt,
      SWS_BILINEAR | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INP, nullptr, nullptr,
      nullptr));
  TORCH_CHECK(converter != nullptr, "VideoWriter: cannot convert RGB for '", path, "'");
  const int* bt601 = sws_getCoefficients(SWS_CS_ITU601);
  check(sws_setColorspaceDetails(converter.get(), bt601, 1, bt601, 0, 0, 1 << 16, 1 << 16),
        "set the colours of");
}

void VideoWriter::Impl::open_encoder(const VideoWriterOptions& options) {
  const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
  TORCH_CHECK(codec != nullptr,
              "VideoWriter: this FFmpeg has no libx264; install a build with --enable-libx264");
  encoder.reset(avcodec_alloc_context3(codec));
  encoder->width = options.width;
  encoder->height = options.height;
  encoder->pix_fmt = AV_PIX_FMT_YUV420P;
  encoder->framerate = av_d2q(options.fps, kMaxFpsDenominator);
  encoder->time_base = av_inv_q(encoder->framerate);
  encoder->color_range = AVCOL_RANGE_MPEG;
  encoder->colorspace = AVCOL_SPC_SMPTE170M;
  encoder->color_primaries = AVCOL_PRI_SMPTE170M;
  encoder->color_trc = AVCOL_TRC_SMPTE170M;
  // One thread and no version or date in the file: equal frames give equal bytes.
  encoder->thread_count = 1;
  encoder->flags |= AV_CODEC_FLAG_BITEXACT;
  if ((container->oformat->flags & AVFMT_GLOBALHEADER) != 0)
    encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;

  check(av_opt_set_double(encoder->priv_data, "crf", options.crf, 0), "set the quality of");
  // x264's macroblock tree (r3095) reads memory that nobody set when the width is no multiple of
  // 128: the second video of a process would differ from the first.
  check(av_opt_set_int(encoder->priv_data, "mbtree", 0, 0), "set up the encoder of");
  check(avcodec_open2(encoder.get(), codec, nullptr), "open the encoder of");
}

void VideoWriter::Impl::open_container() {
  container->flags |= AVFMT_FLAG_BITEXACT;
  stream = avformat_new_stream(container.get(), nullptr);
  TORCH_CHECK(stream != nullptr, "VideoWriter: no memory for the stream of '", path, "'");
  stream->time_base = encoder->time_base;
  stream->avg_frame_rate = encoder->framerate;
  check(avcodec_parameters_from_context(stream->codecpar, encoder.get()), "describe the stream of");
  check(avio_open(&container->pb, container->url, AVIO_FLAG_WRITE), "open");

  // The index comes first, so that a reader of a cut file still finds it.
  check(av_opt_set(container->priv_data, "movflags", "+faststart", 0), "arrange");
  check(avformat_write_header(container.get(), nullptr), "write the header of");
}

void VideoWriter::Impl::encode(const AVFrame* frame) {
  check(avcodec_send_frame(encoder.get(), frame), "encode");
  for (;;) {
    const int received = avcodec_receive_packet(encoder.get(), packet.get());
    if (received == AVERROR(EAGAIN) || received == AVERROR_EOF) return;
    check(received, "encode");
    packet->stream_index = stream->index;
    packet->duration = 1;
    av_packet_rescale_ts(packet.get(), encoder->time_base, stream->time_base);
    check(av_interleaved_write_frame(container.get(), packet.get()), "write");
  }
}

VideoWriter::VideoWriter(const std::string& path, const VideoWriterOptions& options) {
  TORCH_CHECK(
      options.width > 0 && options.height > 0 && options.width % 2 == 0 && options.height % 2 == 0,
      "VideoWriter: width and height must be even and positive, got ", options.width, " x ",
      options.height, " for '", path, "'");
  TORCH_CHECK(options.fps > 0 && options.fps <= 1000, "VideoWriter: fps must be in (0, 1000], got ",
              options.fps, " for '", path, "'");
  TORCH_CHECK(options.crf >= 0 && options.crf <= 51, "VideoWriter: crf must be in 0..51, got ",
              options.crf, " for '", path, "'");
  impl_ = std::make_unique<Impl>(path, options);
}

VideoWriter::~VideoWriter() = default;

void VideoWriter::write(const cv::Mat& rgb) {
  AVFrame& yuv = *impl_->yuv;
  TORCH_CHECK(!impl_->closed, "VideoWriter: '", impl_->path, "' is closed");
  TORCH_CHECK(rgb.type() == CV_8UC3 && rgb.cols == yuv.width && rgb.rows == yuv.height,
              "VideoWriter: frames of '", impl_->path, "' must be 8-bit RGB of ", yuv.width, " x ",
              yuv.height, ", got ", rgb.cols, " x ", rgb.rows, " of OpenCV type ", rgb.type());
  impl_->check(av_frame_make_writable(&yuv), "allocate a frame for");
  const uint8_t* rows[] = {rgb.data};
  const int strides[] = {static_cast<int>(rgb.step)};
  impl_->check(
      sws_scale(impl_->converter.get(), rows, strides, 0, rgb.rows, yuv.data, yuv.linesize),
      "convert for");
  yuv.pts = impl_->frames_written++;
  impl_->encode(&yuv);
}

void VideoWriter::close() {
  if (impl_->closed) return;
  TORCH_CHECK(impl_->frames_written > 0, "VideoWriter: '", impl_->path,
              "' must hold at least one frame");
  impl_->encode(nullptr);
  impl_->check(av_write_trailer(impl_->container.get()), "finish");
  impl_->check(avio_closep(&impl_->container->pb), "finish");
  impl_->file.commit();
  impl_->closed = true;
}

}  // namespace vidqa::features
