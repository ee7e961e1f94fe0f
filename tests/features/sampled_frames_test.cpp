#include "features/sampled_frames.h"

#include <algorithm>
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

/// A video whose frames were all decoded in turn.
struct Decoded {
  struct Frame {
    FrameSpan span;
    cv::Mat rgb;
  };
  std::vector<Frame> frames;
  double nominal_fps = 0;
  DecodeReport report;
};

Decoded decode_everything(const std::string& path) {
  Decoded decoded;
  VideoReader reader(path);
  while (reader.grab())
    decoded.frames.push_back(
        {{reader.seconds(), reader.end_seconds(), reader.is_last()}, reader.retrieve()});
  decoded.nominal_fps = reader.nominal_fps();
  decoded.report = reader.report();
  return decoded;
}

/// The slow, obvious way: every frame is shown to the sampler.
void expect_same(const Decoded& decoded, FrameSampler& sampler, SampledFrames& frames,
                 const std::string& what) {
  sampler.begin({decoded.report.end_seconds, decoded.nominal_fps});
  for (const Decoded::Frame& expected : decoded.frames) {
    const int64_t rows = sampler.rows(expected.span);
    if (rows == 0) continue;
    const auto frame = frames.next();
    ASSERT_TRUE(frame.has_value()) << what << " lacks the frame at " << expected.span.begin;
    ASSERT_EQ(frame->seconds, expected.span.begin) << what;
    EXPECT_EQ(frame->repeat, rows) << what << " at " << expected.span.begin;
    ASSERT_EQ(frame->rgb.size(), expected.rgb.size()) << what;
    EXPECT_EQ(cv::norm(frame->rgb, expected.rgb, cv::NORM_INF), 0)
        << what << " at " << expected.span.begin;
  }
  EXPECT_FALSE(frames.next().has_value()) << what << " has too many frames";
  EXPECT_EQ(frames.report().end_seconds, decoded.report.end_seconds) << what;
  EXPECT_EQ(frames.report().partial, decoded.report.partial) << frames.report().partial_reason;
}

/// Compares all samplers with decoding everything, on one file. Gives the fewest frames that a
/// sampler had decoded.
int64_t expect_same_frames(const std::string& path, const std::string& what) {
  const Decoded decoded = decode_everything(path);
  std::vector<FrameSamplerOptions> samplers;
  for (const double fps : {7.0, 1.0, 0.3, 0.1})
    for (const char* name : {"pts", "ffmpeg-fps", "ffmpeg-r"})
      samplers.push_back(parse_frame_sampler(name, fps));
  for (const char* text : {"uniform:1", "uniform:3", "uniform:7", "stride:29"})
    samplers.push_back(parse_frame_sampler(text));
  int64_t fewest = INT64_MAX;
  for (const FrameSamplerOptions& options : samplers) {
    SampledFrames frames(path, {{}, options});
    expect_same(decoded, *make_frame_sampler(options), frames,
                what + " " + to_string(options) + " " + std::to_string(options.fps));
    fewest = std::min(fewest, frames.report().decoded_frames);
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
  for (const char* name : {"nasa_13013.mp4", "action_1.gif", "video_90.mov"})
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
      const Decoded decoded = decode_everything(path);
      SampledFrames frames(path, VideoReaderOptions{}, make_times_sampler({3.0}));
      const auto frame = frames.next();
      const auto shown =
          std::find_if(decoded.frames.begin(), decoded.frames.end(), [](const auto& candidate) {
            return candidate.span.begin <= 3 && candidate.span.end > 3;
          });
      ASSERT_EQ(frame.has_value(), shown != decoded.frames.end()) << trial;
      if (frame.has_value()) {
        EXPECT_EQ(frame->seconds, shown->span.begin) << trial;
      }
    } catch (const VideoError&) {
    }
  }
}

}  // namespace
}  // namespace vidqa::features
