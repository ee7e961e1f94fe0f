#include "features/video_reader.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <torch/torch.h>

#include "features/hash.h"
#include "features/rgb_converter.h"
#include "features/video_writer.h"
#include "tests/features/golden_attribute.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kWidth = 64;
constexpr int kHeight = 48;

/// Frame `i` of the test videos: four flat quarters, the last one tells the frame.
cv::Mat test_frame(int i) {
  cv::Mat frame(kHeight, kWidth, CV_8UC3, cv::Scalar(220, 30, 30));
  frame(cv::Rect(kWidth / 2, 0, kWidth / 2, kHeight / 2)).setTo(cv::Scalar(30, 200, 30));
  frame(cv::Rect(0, kHeight / 2, kWidth / 2, kHeight / 2)).setTo(cv::Scalar(30, 30, 220));
  frame(cv::Rect(kWidth / 2, kHeight / 2, kWidth / 2, kHeight / 2))
      .setTo(cv::Scalar::all(20 + 6 * i));
  return frame;
}

void write_video(const std::string& path, int frames, double fps = 25) {
  VideoWriter writer(path, {kWidth, kHeight, fps, 10});
  for (int i = 0; i < frames; ++i) writer.write(test_frame(i));
  writer.close();
}

/// Colour in the middle of a quarter: 0 top left, 1 top right, 2 bottom left, 3 bottom right.
cv::Vec3b quarter(const cv::Mat& frame, int index) {
  return frame.at<cv::Vec3b>(frame.rows * (1 + 2 * (index / 2)) / 4,
                             frame.cols * (1 + 2 * (index % 2)) / 4);
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int64_t count_frames(const std::string& path) {
  VideoReader reader(path);
  while (reader.grab()) reader.retrieve();
  return reader.frames();
}

/// Why a video cannot be read whole; empty when it can.
std::string reason_of(const std::string& path) {
  try {
    count_frames(path);
  } catch (const VideoError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(path), ::testing::Not(HasSubstr("\n"))));
    return error.what();
  }
  return "";
}

TEST(VideoWriter, GivesFramesThatTheReaderGivesBack) {
  const testing::TempDir folder;
  const std::string path = folder.file("a.mp4");
  write_video(path, 30, 12.5);
  VideoReader reader(path);
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(reader.grab());
    EXPECT_DOUBLE_EQ(reader.seconds(), i / 12.5);
    EXPECT_DOUBLE_EQ(reader.end_seconds(), (i + 1) / 12.5);
    const cv::Mat frame = reader.retrieve(), expected = test_frame(i);
    ASSERT_EQ(frame.size(), expected.size());
    for (int q = 0; q < 4; ++q)
      EXPECT_LE(cv::norm(quarter(frame, q), quarter(expected, q), cv::NORM_INF), 4)
          << "frame " << i << " quarter " << q;
  }
  EXPECT_FALSE(reader.grab());
  EXPECT_EQ(reader.frames(), 30);
  EXPECT_EQ(reader.decode_errors(), 0);
}

TEST(VideoWriter, GivesEqualBytesForEqualFrames) {
  const testing::TempDir folder;
  std::set<std::string> hashes;
  std::vector<std::string> litter;  // what lies in the memory that the encoder gets must not matter
  for (int i = 0; i < 6; ++i) {
    write_video(folder.file("a.mp4"), 20);
    hashes.insert(sha256_file(folder.file("a.mp4")));
    for (size_t size = 100; size < 20000; size += 100)
      litter.emplace_back(size, static_cast<char>(50 * i));
    litter.clear();
  }
  EXPECT_EQ(hashes.size(), 1);
}

TEST(VideoWriter, LeavesNothingBehindWithoutClose) {
  const testing::TempDir folder;
  {
    VideoWriter writer(folder.file("a.mp4"), {kWidth, kHeight});
    writer.write(test_frame(0));
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(VideoWriter, RefusesWhatCannotBeCoded) {
  const testing::TempDir folder;
  EXPECT_THROW(VideoWriter(folder.file("a.mp4"), {63, 48}), c10::Error);
  EXPECT_THROW(VideoWriter(folder.file("a.mp4"), {64, 48, 0}), c10::Error);
  VideoWriter writer(folder.file("a.mp4"), {kWidth, kHeight});
  EXPECT_THROW(writer.write(cv::Mat(kHeight, kWidth + 2, CV_8UC3)), c10::Error);
  EXPECT_THROW(writer.write(cv::Mat(kHeight, kWidth, CV_8UC1)), c10::Error);
  EXPECT_THROW(writer.close(), c10::Error) << "no frame";
  EXPECT_THROW(VideoWriter(folder.file("no/folder/a.mp4"), {64, 48}), std::runtime_error);
}

TEST(VideoReader, ReadsOneFrameAndOddNames) {
  const testing::TempDir folder;
  for (const char* name : {"one frame.mp4", "naïve – 映画.mp4", "a:b.mp4", "-i.mp4", "50%d.mp4"}) {
    write_video(folder.file(name), 1);
    EXPECT_EQ(count_frames(folder.file(name)), 1) << name;
  }
}

TEST(VideoReader, SaysWhatIsWrongWithWhatIsNoVideo) {
  const testing::TempDir folder;
  std::ofstream(folder.file("empty.mp4")).close();
  std::ofstream(folder.file("text.mp4")) << "Dear diary,\n" << std::string(5000, 'x') << "\n";
  std::ofstream(folder.file("list.mp4"))
      << "#EXTM3U\n#EXTINF:1,\nhttp://localhost/a.ts\n#EXT-X-ENDLIST\n";
  EXPECT_THAT(reason_of(folder.file("missing.mp4")), HasSubstr("does not exist"));
  EXPECT_THAT(reason_of(folder.path().string()), HasSubstr("is a folder"));
  EXPECT_THAT(reason_of(folder.file("empty.mp4")), HasSubstr("empty file"));
  EXPECT_THAT(reason_of(folder.file("text.mp4")), HasSubstr("cannot be opened as a video"));
  EXPECT_NE(reason_of(folder.file("list.mp4")), "");
}

TEST(VideoReader, FindsNoVideoStreamInSound) {
  const testing::TempDir folder;
  const std::string path = folder.file("sound.wav");
  // 8 kHz, mono, 8 bit: a header and half a second of silence.
  const char header[] =
      "RIFF\xc4\x0f\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0"
      "data\xa0\x0f\0\0";
  std::ofstream(path, std::ios::binary) << std::string(header, 44) << std::string(4000, '\x80');
  EXPECT_THAT(reason_of(path), HasSubstr("no video stream"));
}

TEST(VideoReader, NeverTakesACutVideoForAWholeOne) {
  const testing::TempDir folder;
  write_video(folder.file("whole.mp4"), 60);
  const std::string bytes = content_of(folder.file("whole.mp4"));
  for (const double share : {0.01, 0.1, 0.3, 0.5, 0.7, 0.85}) {
    const std::string path = folder.file("cut.mp4");
    std::ofstream(path, std::ios::binary)
        << bytes.substr(0, static_cast<size_t>(bytes.size() * share));
    EXPECT_NE(reason_of(path), "") << share;
  }
}

TEST(VideoReader, SurvivesDamageAndCountsIt) {
  const testing::TempDir folder;
  write_video(folder.file("whole.mp4"), 60);
  const std::string bytes = content_of(folder.file("whole.mp4"));
  cv::RNG random(7);
  int damaged_seen = 0;
  for (int trial = 0; trial < 40; ++trial) {
    std::string damaged = bytes;
    for (int i = 0; i < 1 + trial; ++i)
      damaged[random.uniform(0, static_cast<int>(bytes.size()))] ^=
          static_cast<char>(random.uniform(1, 256));
    const std::string path = folder.file("damaged.mp4");
    std::ofstream(path, std::ios::binary) << damaged;
    try {
      VideoReader reader(path);
      double last = -1;
      while (reader.grab()) {
        EXPECT_GT(reader.seconds(), last);
        last = reader.seconds();
        EXPECT_FALSE(reader.retrieve().empty());
      }
      damaged_seen += reader.decode_errors() > 0 ? 1 : 0;
    } catch (const VideoError&) {
      ++damaged_seen;
    }
  }
  EXPECT_GT(damaged_seen, 10);
}

TEST(VideoReader, NamesTheStreamsThatCanBeChosen) {
  const testing::TempDir folder;
  write_video(folder.file("a.mp4"), 2);
  EXPECT_NO_THROW(VideoReader(folder.file("a.mp4"), {0}));
  try {
    VideoReader reader(folder.file("a.mp4"), {3});
    FAIL();
  } catch (const VideoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no video stream 3; its video streams are 0"));
  }
}

/// Quarters of a 2 x 2 grey image whose pixels are 10, 20, 30, 40, shown with a display matrix.
std::vector<int> shown(const std::vector<int32_t>& matrix) {
  const ffmpeg::UniqueFrame frame(av_frame_alloc());
  frame->format = AV_PIX_FMT_GRAY8;
  frame->width = frame->height = 2;
  av_frame_get_buffer(frame.get(), 0);
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 2; ++x)
      frame->data[0][y * frame->linesize[0] + x] = static_cast<uint8_t>(10 + 10 * x + 20 * y);
  const cv::Mat rgb = RgbConverter(matrix.empty() ? nullptr : matrix.data()).convert(*frame);
  return {rgb.at<cv::Vec3b>(0, 0)[0], rgb.at<cv::Vec3b>(0, 1)[0], rgb.at<cv::Vec3b>(1, 0)[0],
          rgb.at<cv::Vec3b>(1, 1)[0]};
}

TEST(RgbConverter, TurnsAndMirrorsAsTheDisplayMatrixSays) {
  const int32_t one = 1 << 16;
  using Pixels = std::vector<int>;
  EXPECT_EQ(shown({}), (Pixels{10, 20, 30, 40}));
  EXPECT_EQ(shown({one, 0, 0, 0, one, 0, 0, 0, 1 << 30}), (Pixels{10, 20, 30, 40}));
  EXPECT_EQ(shown({0, one, 0, -one, 0, 0, 0, 0, 1 << 30}), (Pixels{30, 10, 40, 20}))
      << "90 degrees clockwise";
  EXPECT_EQ(shown({-one, 0, 0, 0, -one, 0, 0, 0, 1 << 30}), (Pixels{40, 30, 20, 10}))
      << "180 degrees";
  EXPECT_EQ(shown({0, -one, 0, one, 0, 0, 0, 0, 1 << 30}), (Pixels{20, 40, 10, 30}))
      << "270 degrees clockwise";
  EXPECT_EQ(shown({-one, 0, 0, 0, one, 0, 0, 0, 1 << 30}), (Pixels{20, 10, 40, 30})) << "mirrored";
}

/// RGB of one YUV colour under tags, by swscale.
cv::Vec3b converted(AVColorSpace space, AVColorRange range, int y, int u, int v) {
  const ffmpeg::UniqueFrame frame(av_frame_alloc());
  frame->format = AV_PIX_FMT_YUV420P;
  frame->width = frame->height = 16;
  frame->colorspace = space;
  frame->color_range = range;
  av_frame_get_buffer(frame.get(), 0);
  const int values[] = {y, u, v};
  for (int plane = 0; plane < 3; ++plane)
    std::fill_n(frame->data[plane], frame->linesize[plane] * (plane == 0 ? 16 : 8),
                static_cast<uint8_t>(values[plane]));
  return RgbConverter(nullptr).convert(*frame).at<cv::Vec3b>(8, 8);
}

/// The same by the definition of the standards: luma weights of red and blue, range of luma and
/// chroma.
cv::Vec3d defined(double red_weight, double blue_weight, bool full_range, int y, int u, int v) {
  const double luma = full_range ? y / 255.0 : (y - 16) / 219.0;
  const double cb = (u - 128) / (full_range ? 255.0 : 224.0),
               cr = (v - 128) / (full_range ? 255.0 : 224.0);
  const double red = luma + 2 * (1 - red_weight) * cr, blue = luma + 2 * (1 - blue_weight) * cb;
  const double green =
      (luma - red_weight * red - blue_weight * blue) / (1 - red_weight - blue_weight);
  return cv::Vec3d(red, green, blue) * 255;
}

TEST(RgbConverter, ObeysTheTagsOfMatrixAndRange) {
  const struct {
    AVColorSpace space;
    double red, blue;
  } matrices[] = {{AVCOL_SPC_BT709, 0.2126, 0.0722},
                  {AVCOL_SPC_SMPTE170M, 0.299, 0.114},
                  {AVCOL_SPC_BT470BG, 0.299, 0.114},
                  {AVCOL_SPC_UNSPECIFIED, 0.299, 0.114}};
  for (const auto& matrix : matrices)
    for (const AVColorRange range : {AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG, AVCOL_RANGE_UNSPECIFIED}) {
      const cv::Vec3d expected =
          defined(matrix.red, matrix.blue, range == AVCOL_RANGE_JPEG, 120, 100, 170);
      const cv::Vec3d actual(converted(matrix.space, range, 120, 100, 170));
      EXPECT_LE(cv::norm(actual, expected, cv::NORM_INF), 3) << matrix.space << " " << range;
    }
}

TEST(VideoReader, TurnsVideosOfPhones) {
  VIDQA_REQUIRE_SHARED("data/videos/video_90.mov");
  VideoReader reader((testing::shared_dir() / "data/videos/video_90.mov").string());
  ASSERT_TRUE(reader.grab());
  EXPECT_EQ(reader.retrieve().size(), cv::Size(320, 568));
}

TEST(VideoReader, TellsGoodFilesFromBadOnes) {
  VIDQA_REQUIRE_SHARED("data/videos");
  int good = 0;
  for (const auto& entry : fs::directory_iterator(testing::shared_dir() / "data/videos")) {
    const std::string path = entry.path().string(), stem = entry.path().stem().string();
    if (stem == "corrupted")
      EXPECT_THAT(reason_of(path), HasSubstr("cannot be opened"));
    else if (stem == "truncated")
      EXPECT_THAT(reason_of(path), AllOf(HasSubstr("is cut"), HasSubstr("169 of 420 frames")));
    else
      good += count_frames(path) > 0 ? 1 : 0;
  }
  EXPECT_GT(good, 0);
}

TEST(VideoReader, CountsAGifWithoutItsEndAsDamaged) {
  VIDQA_REQUIRE_SHARED("data/videos/action_1.gif");
  const testing::TempDir folder;
  const std::string bytes =
      content_of((testing::shared_dir() / "data/videos/action_1.gif").string());
  const std::string path = folder.file("cut.gif");
  std::ofstream(path, std::ios::binary) << bytes.substr(0, bytes.size() * 2 / 3);
  VideoReader reader(path);
  while (reader.grab()) reader.retrieve();
  EXPECT_GT(reader.frames(), 10);
  EXPECT_EQ(reader.decode_errors(), 1);
}

TEST(VideoReaderGolden, GivesTheFramesAndTimesOfAnotherDecoder) {
  const auto files = testing::golden_files("frames");
  if (files.empty()) GTEST_SKIP() << "needs golden/frames";
  for (const auto& path : files) {
    const testing::GoldenFile golden(path);
    const fs::path video = testing::shared_dir() / "data/videos" / golden.attribute("/", "video");
    VideoReader reader(video.string(), {static_cast<int>(integer_attribute(path, "/", "stream"))});
    const torch::Tensor times = golden.tensor("/pts_seconds"),
                        durations = golden.tensor("/duration_seconds");
    const auto frames = golden.tensors("/frame");
    ASSERT_FALSE(frames.empty());
    size_t compared = 0;
    for (int64_t i = 0; reader.grab(); ++i) {
      ASSERT_LT(i, times.size(0));
      const double start = times[i].item<double>() - times[0].item<double>();
      EXPECT_NEAR(reader.seconds(), start, 1e-6);  // stored with six decimals
      EXPECT_NEAR(reader.end_seconds(), start + durations[i].item<double>(), 1e-6);
      const auto expected = frames.find(fmt::format("{:06}", i));
      if (expected == frames.end()) continue;
      const cv::Mat rgb = reader.retrieve().clone();
      const torch::Tensor pixels =
          torch::from_blob(rgb.data, {rgb.rows, rgb.cols, 3}, torch::kUInt8).permute({2, 0, 1});
      ASSERT_EQ(pixels.sizes(), expected->second.sizes());
      EXPECT_LE((pixels.to(torch::kInt) - expected->second.to(torch::kInt)).abs().max().item<int>(),
                2)
          << "frame " << i;
      ++compared;
    }
    EXPECT_EQ(reader.frames(), times.size(0));
    EXPECT_EQ(compared, frames.size());
  }
}

}  // namespace
}  // namespace vidqa::features
