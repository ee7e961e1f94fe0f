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
#include "tests/testing/files.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"
#include "tests/testing/test_video.h"
#include "tests/testing/video_zoo.h"

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

DecodeReport report_of(const std::string& path) {
  VideoReader reader(path);
  while (reader.grab()) reader.retrieve();
  return reader.report();
}

int64_t count_frames(const std::string& path) { return report_of(path).decoded_frames; }

/// Why a video cannot be read whole; empty when it can.
std::string reason_of(const std::string& path) {
  std::string reason;
  try {
    reason = report_of(path).partial_reason;
  } catch (const VideoError& error) {
    reason = error.what();
  }
  if (!reason.empty()) {
    EXPECT_THAT(reason, AllOf(HasSubstr(path), ::testing::Not(HasSubstr("\n"))));
  }
  return reason;
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
  EXPECT_TRUE(reader.is_last());
  EXPECT_FALSE(reader.grab());
  EXPECT_EQ(reader.report().decoded_frames, 30);
  EXPECT_EQ(reader.report().decode_errors, 0);
  EXPECT_FALSE(reader.report().partial);
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

TEST(VideoReader, SaysWhatIsWrongWithWhatIsNoVideo) {
  const testing::TempDir folder;
  std::ofstream(folder.file("empty.mp4")).close();
  std::ofstream(folder.file("text.mp4")) << "Dear diary,\n" << std::string(5000, 'x') << "\n";
  std::ofstream(folder.file("list.mp4"))
      << "#EXTM3U\n#EXTINF:1,\nhttp://localhost/a.ts\n#EXT-X-ENDLIST\n";
  EXPECT_THAT(reason_of(folder.file("missing.mp4")), HasSubstr("does not exist"));
  EXPECT_THAT(reason_of(folder.path().string()), HasSubstr("is a folder without numbered images"));
  EXPECT_THAT(reason_of(folder.file("empty.mp4")), HasSubstr("empty file"));
  EXPECT_THAT(reason_of(folder.file("text.mp4")), HasSubstr("cannot be opened as a video"));
  EXPECT_NE(reason_of(folder.file("list.mp4")), "");
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

struct Shown {
  std::vector<int> numbers;
  std::vector<double> seconds;  ///< begin of every frame, and the end of the last
  DecodeReport report;
};

Shown shown_of(const std::string& path, const VideoReaderOptions& options = {}) {
  Shown shown;
  VideoReader reader(path, options);
  while (reader.grab()) {
    shown.numbers.push_back(testing::number_of_frame(reader.retrieve()));
    shown.seconds.push_back(reader.seconds());
  }
  shown.seconds.push_back(reader.end_seconds());
  shown.report = reader.report();
  EXPECT_NEAR(reader.scan_end_seconds(), reader.end_seconds(), 1e-9) << path;
  return shown;
}

std::vector<int> numbers(int first, int count) {
  std::vector<int> result;
  for (int i = 0; i < count; ++i) result.push_back(first + i);
  return result;
}

TEST(VideoReader, KeepsTheTimesOfAVariableFrameRate) {
  const testing::TempDir folder;
  testing::TestVideo video;
  video.times = {0, 40, 80, 500, 520, 1300, 1340};
  video.encoder_options = "bframes=3:b-adapt=0";
  for (const char* name : {"a.mp4", "a.mkv", "a.ts"})
    for (const bool has_durations : {true, false}) {
      video.has_durations = has_durations;
      testing::write_test_video(folder.file(name), video);
      const Shown shown = shown_of(folder.file(name));
      EXPECT_EQ(shown.numbers, numbers(0, 7)) << name;
      ASSERT_EQ(shown.seconds.size(), 8);
      for (size_t i = 0; i < 7; ++i)
        EXPECT_NEAR(shown.seconds[i], static_cast<double>(video.times[i]) / 1000, 2e-5) << name;
      EXPECT_GT(shown.seconds[7], shown.seconds[6]) << name << ": the last frame has no end";
      EXPECT_EQ(shown.report.decode_errors, 0) << name;
      EXPECT_FALSE(shown.report.partial) << shown.report.partial_reason;
    }
}

TEST(VideoReader, StartsWithTheFirstFrameWhereverTheClockStands) {
  const testing::TempDir folder;
  testing::TestVideo video;
  video.times = testing::evenly(20, 40, 1400);
  for (const char* name : {"late.mp4", "late.mkv", "late.ts"}) {
    testing::write_test_video(folder.file(name), video);
    const Shown shown = shown_of(folder.file(name));
    EXPECT_EQ(shown.numbers, numbers(0, 20)) << name;
    EXPECT_EQ(shown.seconds.front(), 0) << name;
    EXPECT_NEAR(shown.seconds.back(), 0.8, 2e-3) << name;
    EXPECT_GE(shown.report.first_seconds, 1.39) << name;
    EXPECT_FALSE(shown.report.partial) << shown.report.partial_reason;
  }
}

TEST(VideoReader, LeavesOutWhatTheEditListCuts) {
  const testing::TempDir folder;
  testing::TestVideo video;
  video.times = testing::evenly(30, 40, -400);  // ten frames before time 0
  for (const char* encoder_options : {"bframes=0", "bframes=3:b-adapt=0"}) {
    video.encoder_options = encoder_options;
    testing::write_test_video(folder.file("cut.mp4"), video);
    const Shown shown = shown_of(folder.file("cut.mp4"));
    EXPECT_EQ(shown.numbers, numbers(10, 20)) << encoder_options;
    EXPECT_NEAR(shown.seconds.back(), 0.8, 1e-3) << encoder_options;
    EXPECT_EQ(shown.report.decode_errors, 0);
    EXPECT_FALSE(shown.report.partial) << shown.report.partial_reason;
  }
}

TEST(VideoReader, ReadsTenBitsFullRangeAndInterlacedVideo) {
  const testing::TempDir folder;
  const std::string path = folder.file("a.mkv");
  testing::TestVideo plain;
  plain.times = testing::evenly(8, 40);
  const cv::Mat expected = testing::numbered_frame(5, plain.width, plain.height);
  const auto expect_pixels = [&](const testing::TestVideo& video, const char* what) {
    testing::write_test_video(path, video);
    VideoReader reader(path);
    for (int i = 0; i <= 5; ++i) ASSERT_TRUE(reader.grab()) << what;
    const cv::Mat rgb = reader.retrieve();
    ASSERT_EQ(rgb.type(), CV_8UC3);
    for (const cv::Point& at : {cv::Point(8, 20), cv::Point(24, 20), cv::Point(100, 80)})
      EXPECT_LE(cv::norm(rgb.at<cv::Vec3b>(at), expected.at<cv::Vec3b>(at), cv::NORM_INF), 6)
          << what;
    EXPECT_EQ(reader.report().interlaced_frames > 0, video.is_interlaced) << what;
  };
  expect_pixels(plain, "plain");
  testing::TestVideo video = plain;
  video.is_bt709 = true;
  expect_pixels(video, "BT.709");
  video.is_full_range = true;
  expect_pixels(video, "BT.709, full range");
  video = plain;
  video.pixel_format = "yuv420p10le";
  expect_pixels(video, "10 bits");
  video = plain;
  video.is_interlaced = true;
  expect_pixels(video, "interlaced");
}

TEST(VideoReader, TurnsFramesAsTheContainerSays) {
  const testing::TempDir folder;
  const std::string path = folder.file("turned.mp4");
  testing::TestVideo video;
  video.times = testing::evenly(4, 40);
  const cv::Mat upright = testing::numbered_frame(2, video.width, video.height);
  for (const int rotation : {0, 90, 180, 270}) {
    video.rotation = rotation;
    testing::write_test_video(path, video);
    VideoReader reader(path);
    for (int i = 0; i <= 2; ++i) ASSERT_TRUE(reader.grab());
    cv::Mat expected = upright;
    if (rotation != 0) cv::rotate(upright, expected, rotation / 90 - 1);
    const cv::Mat rgb = reader.retrieve();
    ASSERT_EQ(rgb.size(), expected.size()) << rotation;
    EXPECT_LE(cv::norm(rgb, expected, cv::NORM_L1) / static_cast<double>(3 * rgb.total()), 4)
        << rotation;
  }
}

TEST(VideoReader, ShowsAGifAsAPlayerDoes) {
  const testing::TempDir folder;
  const cv::Vec3b red(255, 0, 0), green(0, 255, 0), blue(0, 0, 255), white(255, 255, 255);
  for (const int delay : {50, 0}) {
    testing::write_file(folder.file("a.gif"), testing::small_gif(delay));
    VideoReader reader(folder.file("a.gif"));
    for (const cv::Vec3b& first : {red, green, white}) {
      ASSERT_TRUE(reader.grab());
      const cv::Mat rgb = reader.retrieve();
      EXPECT_EQ(rgb.at<cv::Vec3b>(0, 0), first);
      EXPECT_EQ(rgb.at<cv::Vec3b>(0, 1), blue);
    }
    EXPECT_FALSE(reader.grab());
    const double shown = delay == 0 ? 0.1 : delay / 100.0;
    EXPECT_NEAR(reader.end_seconds(), 3 * shown, 1e-9);
    EXPECT_FALSE(reader.report().partial) << reader.report().partial_reason;
  }
}

TEST(VideoReader, StopsWhenItIsTold) {
  const testing::TempDir folder;
  write_video(folder.file("a.mp4"), 30);
  int asked = 0;
  VideoReaderOptions options;
  options.cancelled = [&] { return ++asked > 40; };
  try {
    for (int i = 0; i < 100; ++i) {
      VideoReader reader(folder.file("a.mp4"), options);
      while (reader.grab()) continue;
    }
    FAIL() << "nobody asked";
  } catch (const VideoError& error) {
    EXPECT_EQ(std::string(error.what()), folder.file("a.mp4") + ": cancelled");
  }
}

TEST(VideoReader, GoesOnAfterADamagedStretch) {
  const testing::TempDir folder;
  testing::TestVideo video;
  video.times = testing::evenly(302, 40);
  testing::write_test_video(folder.file("whole.mkv"), video);
  std::string bytes = content_of(folder.file("whole.mkv"));
  for (size_t i = 0; i < 60; ++i) bytes[bytes.size() / 2 + 3 * i] ^= '\x55';
  testing::write_file(folder.file("damaged.mkv"), bytes);
  const DecodeReport report = report_of(folder.file("damaged.mkv"));
  EXPECT_GE(report.decoded_frames, 290);
  EXPECT_NEAR(report.end_seconds, 302 * 0.04, 0.2) << "the part behind the damage is there";
  EXPECT_GT(report.decode_errors, 0);
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
cv::Vec3b converted(AVColorSpace space, AVColorRange range, int y, int u, int v,
                    ColorPolicy policy = ColorPolicy::kAuto) {
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
  return RgbConverter(nullptr, policy).convert(*frame).at<cv::Vec3b>(8, 8);
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

TEST(RgbConverter, TakesAllForBt601WhenItImitatesOpenCv) {
  const cv::Vec3b expected = converted(AVCOL_SPC_SMPTE170M, AVCOL_RANGE_MPEG, 120, 100, 170);
  EXPECT_EQ(converted(AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, 120, 100, 170, ColorPolicy::kOpencv),
            expected);
  EXPECT_EQ(converted(AVCOL_SPC_BT709, AVCOL_RANGE_JPEG, 120, 100, 170, ColorPolicy::kOpencv),
            expected);
  EXPECT_NE(converted(AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, 120, 100, 170), expected);
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
  while (reader.grab()) continue;
  EXPECT_GT(reader.report().decoded_frames, 10);
  EXPECT_EQ(reader.report().decode_errors, 1);
  EXPECT_TRUE(reader.report().partial);
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
    EXPECT_EQ(reader.report().decoded_frames, times.size(0));
    EXPECT_EQ(compared, frames.size());
  }
}

}  // namespace
}  // namespace vidqa::features
