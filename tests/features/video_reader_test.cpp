#include "features/video_reader.h"

#include <fstream>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <torch/torch.h>

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

void write_video(const std::string& path, int frames) {
  testing::TestVideo video;
  video.times = testing::evenly(frames, 40);
  testing::write_test_video(path, video);
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
  for (const std::string name : {"a.mp4", "a.mkv", "a.ts"})
    for (const bool has_durations : {true, false}) {
      // An mp4 file says how long the track is; from durations that are wrong or not there its
      // writer makes an edit list that cuts the last frame.
      const bool is_mp4 = name == "a.mp4";
      if (is_mp4 && !has_durations) continue;
      video.has_durations = has_durations;
      video.encoder_options = is_mp4 ? "bframes=0" : "bframes=3:b-adapt=0";
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
    cv::Mat expected = upright.clone();
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
  testing::write_test_video(folder.file("whole.mp4"), video);
  std::string bytes = testing::read_file(folder.file("whole.mp4"));
  // In mp4 the pixels lie together, away from what describes them.
  for (size_t i = 0; i < 60; ++i) bytes[bytes.size() / 2 + 3 * i] ^= '\x55';
  testing::write_file(folder.file("damaged.mp4"), bytes);
  const DecodeReport report = report_of(folder.file("damaged.mp4"));
  EXPECT_GE(report.decoded_frames, 290);
  EXPECT_NEAR(report.end_seconds, 302 * 0.04, 0.2) << "the part behind the damage is there";
  EXPECT_GT(report.decode_errors, 0);
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
      testing::read_file((testing::shared_dir() / "data/videos/action_1.gif").string());
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
