#include "tests/testing/video_zoo.h"

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "features/sampled_frames.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

using testing::Fate;

/// What reading every frame of a file came to.
struct Outcome {
  std::string error;  ///< of VideoError
  int64_t frames = 0;
  DecodeReport report;
};

Outcome read(const std::string& path, const std::string& sampler) {
  Outcome outcome;
  try {
    SampledFrames frames(path, {{}, parse_frame_sampler(sampler)});
    double last = -1;
    while (const auto frame = frames.next()) {
      EXPECT_FALSE(frame->rgb.empty()) << path;
      EXPECT_GT(frame->seconds, last) << path;
      last = frame->seconds;
      ++outcome.frames;
    }
    outcome.report = frames.report();
    EXPECT_EQ(outcome.report.partial, !outcome.report.partial_reason.empty()) << path;
  } catch (const VideoError& error) {
    outcome.error = error.what();
    EXPECT_NE(outcome.error.find(path), std::string::npos) << outcome.error;
    EXPECT_EQ(outcome.error.find('\n'), std::string::npos) << outcome.error;
  }
  return outcome;
}

TEST(VideoZoo, IsReadWholeOrSaidToBeBroken) {
  const testing::TempDir folder;
  for (const testing::ZooVideo& video : testing::write_video_zoo(folder.path())) {
    const Outcome outcome = read(video.path, "stride:1");
    const bool is_refused = !outcome.error.empty() || outcome.report.partial;
    switch (video.fate) {
      case Fate::kWhole:
        EXPECT_FALSE(is_refused) << outcome.error << outcome.report.partial_reason;
        EXPECT_EQ(outcome.frames, video.frames) << video.path;
        EXPECT_EQ(outcome.report.decode_errors, 0) << video.path;
        break;
      case Fate::kNoVideo:
        EXPECT_NE(outcome.error, "") << video.path;
        break;
      case Fate::kNotWhole:
        EXPECT_TRUE(is_refused) << video.path << ": " << outcome.frames << " frames";
        break;
      case Fate::kDamaged:
        EXPECT_TRUE(is_refused || outcome.frames * 10 >= video.frames * 8)
            << video.path << ": only " << outcome.frames << " frames, without a word";
        break;
    }
  }
}

// A few rows spread over the video: another way through the decoder, which may skip.
TEST(VideoZoo, IsSampledSparselyOrSaidToBeBroken) {
  const testing::TempDir folder;
  for (const testing::ZooVideo& video : testing::write_video_zoo(folder.path())) {
    const Outcome outcome = read(video.path, "uniform:3");
    const bool is_refused = !outcome.error.empty() || outcome.report.partial;
    if (video.fate == Fate::kWhole) {
      EXPECT_FALSE(is_refused) << outcome.error << outcome.report.partial_reason;
      EXPECT_EQ(outcome.frames, std::min<int64_t>(3, video.frames)) << video.path;
    } else if (video.fate != Fate::kDamaged) {
      EXPECT_TRUE(is_refused) << video.path;
    }
  }
}

TEST(VideoZoo, SharedVideosAreReadTheSameByAllSamplers) {
  VIDQA_REQUIRE_SHARED("data/videos");
  for (const auto& entry :
       std::filesystem::directory_iterator(testing::shared_dir() / "data/videos")) {
    const std::string stem = entry.path().stem().string();
    for (const char* sampler : {"pts", "uniform:5"}) {
      const Outcome outcome = read(entry.path().string(), sampler);
      EXPECT_EQ(outcome.error.empty(), stem != "corrupted") << outcome.error;
      EXPECT_EQ(outcome.report.partial, stem == "truncated") << outcome.report.partial_reason;
      EXPECT_EQ(outcome.frames > 0, stem != "corrupted") << stem;
    }
  }
}

}  // namespace
}  // namespace vidqa::features
