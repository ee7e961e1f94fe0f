#include "tests/testing/video_zoo.h"

#include <map>
#include <random>
#include <stdexcept>

#include <fmt/format.h>
#include <opencv2/core.hpp>

#include "features/ffmpeg_handles.h"
#include "tests/testing/files.h"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
}

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;
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
    const std::string options =
        fmt::format("scenecut=0:min-keyint={}:crf=12:preset=veryfast:{}",
                    std::min(video_.key_frame_every, 250), video_.encoder_options);
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
  // The function turns anticlockwise when a matrix is made and clockwise when it is read.
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

/// A WAV file with half a second of silence: 8 kHz, mono, 8 bit.
std::string silence() {
  const char header[] =
      "RIFF\xc4\x0f\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0"
      "data\xa0\x0f\0\0";
  return std::string(header, 44) + std::string(4000, '\x80');
}

/// Adds variants of a whole video: cut at every tenth, and with bits flipped.
void add_damaged(const fs::path& folder, const std::string& whole, int64_t frames,
                 std::vector<ZooVideo>& zoo) {
  const std::string bytes = read_file(whole), ending = fs::path(whole).extension().string();
  const std::string name = fs::path(whole).stem().string();
  for (int tenth = 1; tenth < 10; ++tenth) {
    const std::string path = (folder / fmt::format("{}_cut_{}{}", name, tenth, ending)).string();
    write_file(path, bytes.substr(0, bytes.size() * tenth / 10));
    // What is missing at nine tenths can be less than the tenth that is tolerated.
    zoo.push_back({path, tenth < 9 ? Fate::kNotWhole : Fate::kDamaged, frames});
  }
  std::mt19937 random(7);
  for (int trial = 1; trial <= 8; ++trial) {
    std::string damaged = bytes;
    for (int flip = 0; flip < 3 * trial; ++flip)
      damaged[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    const std::string path =
        (folder / fmt::format("{}_flipped_{}{}", name, trial, ending)).string();
    write_file(path, damaged);
    zoo.push_back({path, Fate::kDamaged, frames});
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
  cv::Mat frame(height, width, CV_8UC3, cv::Scalar(90, 120, 60));
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

std::string small_gif(int delay) {
  const auto control = [&](int disposal_and_transparency) {
    const char bytes[] = {0x21,
                          static_cast<char>(0xf9),
                          4,
                          static_cast<char>(disposal_and_transparency),
                          static_cast<char>(delay & 255),
                          static_cast<char>(delay >> 8),
                          3,  // the transparent colour
                          0};
    return std::string(bytes, sizeof(bytes));
  };
  const auto image = [](int width, const std::string& code) {
    const char bytes[] = {0x2c, 0, 0, 0, 0, static_cast<char>(width), 0, 1, 0, 0, 2};
    return std::string(bytes, sizeof(bytes)) + static_cast<char>(code.size()) + code +
           std::string(1, '\0');
  };
  // LZW with codes of 3 bits, least significant first: 4 clears the table, 5 ends.
  const auto pixel = [](int colour) {
    const int bits = 4 | colour << 3 | 5 << 6;
    return std::string({static_cast<char>(bits & 255), static_cast<char>(bits >> 8)});
  };
  const auto two_pixels = [](int first, int second) {
    const int bits = 4 | first << 3 | second << 6 | 5 << 9;
    return std::string({static_cast<char>(bits & 255), static_cast<char>(bits >> 8)});
  };
  const std::string header("GIF89a\x02\0\x01\0\x91\0\0", 13);
  const std::string colours("\xff\0\0\0\xff\0\0\0\xff\0\0\0", 12);  // red, green, blue, black
  constexpr int kKeep = 1 << 2, kClear = 2 << 2, kTransparent = 1;
  return header + colours + control(kKeep) + image(2, two_pixels(0, 2)) +
         control(kClear | kTransparent) + image(1, pixel(1)) + control(kKeep | kTransparent) +
         image(1, pixel(3)) + ";";
}

std::vector<ZooVideo> write_video_zoo(const fs::path& folder) {
  constexpr int kFrames = 40, kStep = 40;
  std::vector<ZooVideo> zoo;
  const auto add = [&](const std::string& name, const TestVideo& video) {
    const std::string path = (folder / name).string();
    write_test_video(path, video);
    zoo.push_back({path, Fate::kWhole, static_cast<int64_t>(video.times.size())});
    return path;
  };
  const auto add_bytes = [&](const std::string& name, const std::string& bytes, Fate fate,
                             int64_t frames) {
    const std::string path = (folder / name).string();
    write_file(path, bytes);
    zoo.push_back({path, fate, frames});
  };
  TestVideo plain;
  plain.times = evenly(kFrames, kStep);

  TestVideo video = plain;
  video.container_options = "movflags=+faststart";
  const std::string mp4 = add("index_first.mp4", video);
  const std::string late_mp4 = add("index_last.mp4", plain);
  const std::string mkv = add("plain.mkv", plain);
  add("plain.ts", plain);
  for (const std::string& whole : {mp4, late_mp4, mkv}) add_damaged(folder, whole, kFrames, zoo);

  video = plain;
  video.encoder = "mpeg4";
  video.ticks_per_second = 25;
  video.times = evenly(kFrames, 1);
  add_damaged(folder, add("plain.avi", video), kFrames, zoo);

  video = plain;
  video.container_options = "live=1";
  video.has_durations = false;
  add("live.mkv", video);
  video = plain;
  video.container = "h264";
  add("raw.h264", video);
  add("raw_with_a_wrong_ending.mp4", video);

  video = plain;
  video.times = {0};
  add("one frame.mp4", video);
  video.times = evenly(250, kStep);
  video.key_frame_every = 100000;
  add("one_key_frame.mp4", video);

  video = plain;
  video.times = evenly(2, kStep);
  video.encoder = "ffv1";
  video.pixel_format = "yuv444p";
  video.width = video.height = 1;
  add("one_pixel.mkv", video);
  video.encoder = "mjpeg";
  video.pixel_format = "yuvj420p";
  video.is_full_range = true;
  video.width = 7680;
  video.height = 4320;
  add("8k.mkv", video);

  const std::string bytes = read_file(mp4);
  for (const char* name : {"naïve – 映画.mp4", "a b.mp4", "-i.mp4", "50%d.jpg", "a:b.mp4",
                           "ending.txt", "ending.gif", "no_ending", "quote'\".mp4"})
    add_bytes(name, bytes, Fate::kWhole, kFrames);
  add_bytes("small.gif", small_gif(50), Fate::kWhole, 3);
  add_bytes("gif_with_a_wrong_ending.mp4", small_gif(50), Fate::kWhole, 3);
  add_bytes("cut.gif", small_gif(50).substr(0, 60), Fate::kNotWhole, 3);
  add_bytes("nothing.mp4", "", Fate::kNoVideo, 0);
  add_bytes("zeros.mp4", std::string(100000, '\0'), Fate::kNoVideo, 0);
  add_bytes("text.mp4", "Dear diary,\n" + std::string(5000, 'x') + "\n", Fate::kNoVideo, 0);
  add_bytes("sound.mp4", silence(), Fate::kNoVideo, 0);
  return zoo;
}

}  // namespace vidqa::testing
