#include "tests/testing/test_video.h"

#include <algorithm>
#include <map>
#include <new>
#include <stdexcept>

#include <fmt/format.h>
#include <opencv2/core.hpp>

#include "features/ffmpeg_handles.h"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
}

namespace vidqa::testing {
namespace {

namespace ffmpeg = features::ffmpeg;

constexpr int kBits = 10;
constexpr int kDark = 40, kBright = 215;

class Encoding {
 public:
  Encoding(const std::string& path, const TestVideo& video) : path_(path), video_(video) {
    open_encoder();
    open_container();
    for (size_t i = 0; i < video.times.size(); ++i) {
      const bool is_last = i + 1 == video.times.size();
      const int64_t next =
          is_last ? 2 * video.times[i] - (i > 0 ? video.times[i - 1] : -40) : video.times[i + 1];
      durations_[video.times[i]] = next - video.times[i];
    }
  }

  void run() {
    const ffmpeg::UniqueFrame frame(av_frame_alloc());
    frame->format = encoder_->pix_fmt;
    frame->width = video_.width;
    frame->height = video_.height;
    frame->colorspace = encoder_->colorspace;
    frame->color_range = encoder_->color_range;
    check(av_frame_get_buffer(frame.get(), 0));
    for (size_t i = 0; i < video_.times.size(); ++i) {
      check(av_frame_make_writable(frame.get()));
      convert(numbered_frame(static_cast<int>(i), video_.width, video_.height), *frame);
      frame->pts = video_.times[i];
      encode(frame.get());
    }
    encode(nullptr);
    check(av_write_trailer(container_.get()));
  }

 private:
  void check(int status) const {
    if (status < 0)
      throw std::runtime_error("cannot write test video " + path_ + ": " +
                               ffmpeg::error_text(status));
  }
  void open_encoder();
  void open_container();
  void turn() const;
  void convert(const cv::Mat& rgb, AVFrame& frame);
  void encode(const AVFrame* frame);

  std::string path_;
  const TestVideo& video_;
  std::map<int64_t, int64_t> durations_;  // by time
  ffmpeg::UniqueOutputContext container_;
  ffmpeg::UniqueCodecContext encoder_;
  ffmpeg::UniqueSwsContext converter_;
  AVStream* stream_ = nullptr;
};

void Encoding::open_encoder() {
  ffmpeg::silence();
  const AVCodec* codec = avcodec_find_encoder_by_name(video_.encoder.c_str());
  if (codec == nullptr) throw std::runtime_error("this FFmpeg has no encoder " + video_.encoder);
  encoder_.reset(avcodec_alloc_context3(codec));
  encoder_->width = video_.width;
  encoder_->height = video_.height;
  encoder_->pix_fmt = av_get_pix_fmt(video_.pixel_format.c_str());
  encoder_->time_base = {1, video_.ticks_per_second};
  encoder_->gop_size = video_.key_frame_every;
  encoder_->colorspace = video_.is_bt709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
  encoder_->color_range = video_.is_full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  encoder_->thread_count = 1;
  encoder_->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
  if (video_.is_interlaced)
    encoder_->flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
  if (video_.encoder == "libx264") {
    std::string options =
        fmt::format("scenecut=0:crf=12:min-keyint={}", std::min(video_.key_frame_every, 250));
    if (!video_.encoder_options.empty()) options += ":" + video_.encoder_options;
    check(av_opt_set(encoder_->priv_data, "preset", "veryfast", 0));
    check(av_opt_set(encoder_->priv_data, "x264-params", options.c_str(), 0));
  } else {
    encoder_->flags |= AV_CODEC_FLAG_QSCALE;
    encoder_->global_quality = 3 * FF_QP2LAMBDA;
  }
}

void Encoding::open_container() {
  AVFormatContext* context = nullptr;
  check(avformat_alloc_output_context2(
      &context, nullptr, video_.container.empty() ? nullptr : video_.container.c_str(),
      ffmpeg::url_of(path_).c_str()));
  container_.reset(context);
  if ((context->oformat->flags & AVFMT_GLOBALHEADER) != 0)
    encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  check(avcodec_open2(encoder_.get(), encoder_->codec, nullptr));
  stream_ = avformat_new_stream(context, nullptr);
  if (stream_ == nullptr) throw std::bad_alloc();
  stream_->time_base = encoder_->time_base;
  check(avcodec_parameters_from_context(stream_->codecpar, encoder_.get()));
  if (video_.rotation != 0) turn();
  check(avio_open(&context->pb, context->url, AVIO_FLAG_WRITE));
  AVDictionary* options = nullptr;
  check(av_dict_parse_string(&options, video_.container_options.c_str(), "=", ":", 0));
  const int status = avformat_write_header(context, &options);
  av_dict_free(&options);
  check(status);
}

void Encoding::turn() const {
  constexpr size_t kMatrixBytes = 9 * sizeof(int32_t);
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)
  uint8_t* matrix = av_packet_side_data_new(&stream_->codecpar->coded_side_data,
                                            &stream_->codecpar->nb_coded_side_data,
                                            AV_PKT_DATA_DISPLAYMATRIX, kMatrixBytes, 0)
                        ->data;
#else
  uint8_t* matrix = av_stream_new_side_data(stream_, AV_PKT_DATA_DISPLAYMATRIX, kMatrixBytes);
#endif
  av_display_rotation_set(reinterpret_cast<int32_t*>(matrix), video_.rotation);
}

void Encoding::convert(const cv::Mat& rgb, AVFrame& frame) {
  if (converter_ == nullptr) {
    const auto format = static_cast<AVPixelFormat>(frame.format);
    converter_.reset(sws_getContext(rgb.cols, rgb.rows, AV_PIX_FMT_RGB24, rgb.cols, rgb.rows,
                                    format, SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP,
                                    nullptr, nullptr, nullptr));
    if (converter_ == nullptr) throw std::runtime_error("cannot convert RGB for " + path_);
    const bool is_rgb = (av_pix_fmt_desc_get(format)->flags & AV_PIX_FMT_FLAG_RGB) != 0;
    const int* matrix = sws_getCoefficients(video_.is_bt709 ? SWS_CS_ITU709 : SWS_CS_ITU601);
    if (!is_rgb)
      check(sws_setColorspaceDetails(converter_.get(), matrix, 1, matrix,
                                     video_.is_full_range ? 1 : 0, 0, 1 << 16, 1 << 16));
  }
  const uint8_t* rows[] = {rgb.data};
  const int strides[] = {static_cast<int>(rgb.step)};
  check(sws_scale(converter_.get(), rows, strides, 0, rgb.rows, frame.data, frame.linesize));
}

void Encoding::encode(const AVFrame* frame) {
  check(avcodec_send_frame(encoder_.get(), frame));
  const ffmpeg::UniquePacket packet(av_packet_alloc());
  for (;;) {
    const int received = avcodec_receive_packet(encoder_.get(), packet.get());
    if (received == AVERROR(EAGAIN) || received == AVERROR_EOF) return;
    check(received);
    packet->stream_index = stream_->index;
    packet->duration = video_.has_durations ? durations_.at(packet->pts) : 0;
    av_packet_rescale_ts(packet.get(), encoder_->time_base, stream_->time_base);
    check(av_interleaved_write_frame(container_.get(), packet.get()));
  }
}

}  // namespace

std::vector<int64_t> evenly(int count, int64_t step, int64_t first) {
  std::vector<int64_t> times;
  for (int i = 0; i < count; ++i) times.push_back(first + i * step);
  return times;
}

void write_test_video(const std::string& path, const TestVideo& video) {
  Encoding(path, video).run();
}

cv::Mat numbered_frame(int number, int width, int height) {
  cv::Mat frame(height, width, CV_8UC3, cv::Scalar(30, 160, 40));
  for (int bit = 0; bit < kBits; ++bit) {
    const int left = bit * width / kBits, right = (bit + 1) * width / kBits;
    if (right > left)
      frame(cv::Rect(left, 0, right - left, (height + 1) / 2))
          .setTo(cv::Scalar::all((number >> bit & 1) != 0 ? kBright : kDark));
  }
  return frame;
}

int number_of_frame(const cv::Mat& rgb) {
  int number = 0;
  for (int bit = 0; bit < kBits; ++bit) {
    const cv::Vec3b pixel = rgb.at<cv::Vec3b>(rgb.rows / 4, (2 * bit + 1) * rgb.cols / (2 * kBits));
    if (pixel[1] > (kDark + kBright) / 2) number |= 1 << bit;
  }
  return number;
}

}  // namespace vidqa::testing
