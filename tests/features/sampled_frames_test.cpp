#include "features/sampled_frames.h"

#include <cstdint>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "tests/testing/shared_data.h"
#include "tests/testing/test_video.h"

namespace vidqa::features {
namespace {

using ::testing::ElementsAre;

struct Row {
  double seconds;
  int64_t repeat;
  cv::Mat rgb;
};

/// The slow, obvious way: every frame is decoded in turn and shown to the sampler.
std::vector<Row> decode_everything(const std::string& path, FrameSampler& sampler,
                                   DecodeReport* report = nullptr) {
  double end = 0, nominal = 0;
  {
    VideoReader reader(path);
    while (reader.grab()) continue;
    end = reader.end_seconds();
    nominal = reader.nominal_fps();
  }
  std::vector<Row> rows;
  VideoReader reader(path);
  sampler.begin({end, nominal});
  while (reader.grab()) {
    const int64_t count = sampler.rows({reader.seconds(), reader.end_seconds(), reader.is_last()});
    if (count > 0) rows.push_back({reader.seconds(), count, reader.retrieve()});
  }
  if (report != nullptr) *report = reader.report();
  return rows;
}

void expect_same(const std::vector<Row>& expected, SampledFrames& frames, const std::string& what) {
  size_t i = 0;
  while (const auto frame = frames.next()) {
    ASSERT_LT(i, expected.size()) << what;
    EXPECT_EQ(frame->seconds, expected[i].seconds) << what << " row " << i;
    EXPECT_EQ(frame->repeat, expected[i].repeat) << what << " row " << i;
    ASSERT_EQ(frame->rgb.size(), expected[i].rgb.size()) << what;
    EXPECT_EQ(cv::norm(frame->rgb, expected[i].rgb, cv::NORM_INF), 0) << what << " row " << i;
    ++i;
  }
  EXPECT_EQ(i, expected.size()) << what;
}

/// Compares all samplers with decoding everything, on one file. Gives the fewest frames that a
/// sampler had decoded.
int64_t expect_same_frames(const std::string& path, const std::string& what) {
  int64_t fewest = INT64_MAX;
  for (const double fps : {7.0, 1.0, 0.3, 0.1})
    for (const char* name : {"pts", "ffmpeg-fps", "ffmpeg-r"}) {
      const FrameSamplerOptions options = parse_frame_sampler(name, fps);
      DecodeReport report;
      const std::vector<Row> expected =
          decode_everything(path, *make_frame_sampler(options), &report);
      SampledFrames frames(path, {{}, options});
      expect_same(expected, frames, what + " " + name + " " + std::to_string(fps));
      EXPECT_EQ(frames.report().end_seconds, report.end_seconds) << what;
      EXPECT_EQ(frames.report().partial, report.partial) << what;
      fewest = std::min(fewest, frames.report().decoded_frames);
    }
  for (const char* name : {"uniform:1", "uniform:3", "uniform:7", "stride:29"}) {
    const FrameSamplerOptions options = parse_frame_sampler(name);
    SampledFrames frames(path, {{}, options});
    expect_same(decode_everything(path, *make_frame_sampler(options)), frames, what + " " + name);
  }
  return fewest;
}

struct Coding {
  std::string what;
  std::string ending;
  std::string encoder;
  std::string options;
  bool skips;
};

TEST(SampledFrames, AreThoseOfDecodingEverything) {
  const std::vector<Coding> codings = {
      {"no B-frames", ".mp4", "libx264", "bframes=0", true},
      {"B-frames", ".mp4", "libx264", "bframes=3:b-adapt=0", true},
      {"pyramids of B-frames", ".mkv", "libx264", "bframes=5:b-adapt=0:b-pyramid=normal", true},
      {"open groups", ".mkv", "libx264", "bframes=3:b-adapt=0:open-gop=1", true},
      {"open groups, mp4", ".mp4", "libx264", "bframes=3:b-adapt=0:open-gop=1", true},
      {"transport stream", ".ts", "libx264", "bframes=3:b-adapt=0:open-gop=1", true},
      {"no key frames but the first", ".mp4", "libx264", "intra-refresh=1:bframes=0", false},
      {"MPEG-2", ".mkv", "mpeg2video", "", true},
      {"a codec without rules", ".mkv", "mjpeg", "", false},
  };
  const testing::TempDir folder;
  for (const Coding& coding : codings) {
    testing::TestVideo video;
    video.times = testing::evenly(300, 40);
    video.ticks_per_second = coding.encoder == "mpeg2video" ? 25 : 1000;
    if (coding.encoder == "mpeg2video") video.times = testing::evenly(300, 1);
    if (coding.encoder == "mjpeg") video.pixel_format = "yuvj420p";
    video.encoder = coding.encoder;
    video.encoder_options = coding.options;
    video.key_frame_every = 25;
    const std::string path = folder.file("video" + coding.ending);
    testing::write_test_video(path, video);
    const int64_t fewest = expect_same_frames(path, coding.what);
    if (coding.skips)
      EXPECT_LT(fewest, 100) << coding.what << ": nothing was skipped";
    else
      EXPECT_EQ(fewest, 300) << coding.what;
  }
}

TEST(SampledFrames, AreThoseOfDecodingEverythingWhereTimesAreOdd) {
  const testing::TempDir folder;
  testing::TestVideo video;
  video.encoder_options = "bframes=3:b-adapt=0:open-gop=1";
  video.key_frame_every = 10;
  for (int i = 0; i < 200; ++i)  // a variable rate with a gap, starting late
    video.times.push_back(1400 + 40 * i + 13 * (i % 3) + (i > 90 ? 5000 : 0));
  for (const char* name : {"late.mp4", "late.mkv"}) {
    testing::write_test_video(folder.file(name), video);
    expect_same_frames(folder.file(name), name);
  }
  video.times = testing::evenly(200, 40, -1000);  // cut by an edit list within a group
  testing::write_test_video(folder.file("cut.mp4"), video);
  expect_same_frames(folder.file("cut.mp4"), "edit list");
  video.has_durations = false;
  video.container_options = "live=1";
  testing::write_test_video(folder.file("live.mkv"), video);
  expect_same_frames(folder.file("live.mkv"), "live");
}

TEST(SampledFrames, OfRealVideosAreThoseOfDecodingEverything) {
  VIDQA_REQUIRE_SHARED("data/videos");
  for (const char* name : {"nasa_13013.mp4", "v_GGSY1Qvo990.mp4", "action_1.gif", "video_90.mov"})
    expect_same_frames((testing::shared_dir() / "data/videos" / name).string(), name);
}

// One frame in 30 s of a video with a key frame every second: hardly anything is decoded.
TEST(SampledFrames, FarApartAreReachedByKeyFrames) {
  const testing::TempDir folder;
  testing::TestVideo video;
  video.times = testing::evenly(1000, 100);
  video.width = 80;
  video.height = 48;
  video.key_frame_every = 10;
  testing::write_test_video(folder.file("long.mp4"), video);
  SampledFrames frames(folder.file("long.mp4"), {{}, parse_frame_sampler("pts", 1.0 / 30)});
  std::vector<int> numbers;
  while (const auto frame = frames.next()) numbers.push_back(testing::number_of_frame(frame->rgb));
  EXPECT_THAT(numbers, ElementsAre(0, 300, 600, 900));
  EXPECT_LT(frames.report().decoded_frames * 5, 1000);
  EXPECT_NEAR(frames.report().end_seconds, 100, 1e-6);
}

// The key frame that is skipped to proves unusable: the video is read again, frame by frame.
TEST(SampledFrames, SurviveADamagedKeyFrame) {
  const testing::TempDir folder;
  testing::TestVideo video;
  video.times = testing::evenly(100, 40);
  video.key_frame_every = 20;
  video.encoder_options = "bframes=0";
  const std::string path = folder.file("damaged.mkv");
  testing::write_test_video(path, video);
  // Spoil one by one every stretch of the file.
  cv::RNG random(3);
  std::string whole;
  {
    std::ifstream file(path, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(file), {});
  }
  for (int trial = 0; trial < 12; ++trial) {
    std::string bytes = whole;
    const size_t start = whole.size() / 10 + trial * whole.size() / 15;
    for (size_t i = start; i < start + 40; ++i)
      bytes[i] = static_cast<char>(random.uniform(0, 256));
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      const auto sampler = make_times_sampler({3.0});
      const std::vector<Row> expected = decode_everything(path, *sampler);
      SampledFrames frames(path, VideoReaderOptions{}, make_times_sampler({3.0}));
      const auto frame = frames.next();
      if (expected.empty() || !frame.has_value()) continue;
      // Damage before the key frame cannot be seen when it is skipped; the time must be right.
      EXPECT_EQ(frame->seconds, expected.front().seconds) << trial;
    } catch (const VideoError&) {
    }
  }
}

}  // namespace
}  // namespace vidqa::features
