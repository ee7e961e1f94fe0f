#include "features/frame_sampler.h"

#include <cmath>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidqa::features {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Times of `count` frames at `fps`, as a container with a fine time base stores them.
std::vector<double> constant_rate(double fps, int64_t count) {
  std::vector<double> seconds;
  for (int64_t i = 0; i < count; ++i) seconds.push_back(static_cast<double>(i) / fps);
  return seconds;
}

/// Frame number of every row.
std::vector<int64_t> sample(const FrameSamplerOptions& options, const std::vector<double>& seconds,
                            double end_seconds) {
  const auto sampler = make_frame_sampler(options);
  sampler->begin(sampler->needs_times() ? seconds : std::vector<double>{}, end_seconds);
  std::vector<int64_t> frames;
  for (size_t i = 0; i < seconds.size(); ++i)
    frames.insert(frames.end(), static_cast<size_t>(sampler->rows(seconds[i])),
                  static_cast<int64_t>(i));
  return frames;
}

std::string reason_of(const FrameSamplerOptions& options) {
  try {
    make_frame_sampler(options);
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "";
}

TEST(FrameSampler, FpsTakesTheFirstFrameAtOrAfterEveryTime) {
  const std::vector<int64_t> frames = sample({"fps", 3}, constant_rate(30, 420), 14);
  ASSERT_EQ(frames.size(), 42);
  for (size_t k = 0; k < frames.size(); ++k) EXPECT_EQ(frames[k], 10 * static_cast<int64_t>(k));
  const std::vector<int64_t> odd_rate = sample({"fps", 3}, constant_rate(19.62, 355), 18.1);
  EXPECT_EQ(odd_rate.size(), 55);
  EXPECT_THAT(std::vector<int64_t>(odd_rate.begin(), odd_rate.begin() + 4),
              ElementsAre(0, 7, 14, 20));
}

TEST(FrameSampler, FpsForgivesTimesThatAreRoundedToMilliseconds) {
  std::vector<double> seconds;
  for (int i = 0; i < 100; ++i) seconds.push_back(std::round(i * 1000 / 30.0) / 1000);
  const std::vector<int64_t> frames = sample({"fps", 3}, seconds, 3.33);
  for (size_t k = 0; k < frames.size(); ++k) EXPECT_EQ(frames[k], 10 * static_cast<int64_t>(k));
}

TEST(FrameSampler, FpsGoesByTimeWhereTheFrameRateVaries) {
  EXPECT_THAT(sample({"fps", 2}, {0, 0.1, 0.2, 0.6, 0.7, 1.0, 1.4, 1.5}, 1.6),
              ElementsAre(0, 3, 5, 7));
}

TEST(FrameSampler, FpsRepeatsAFrameThatIsTheFirstAfterSeveralTimes) {
  EXPECT_THAT(sample({"fps", 2}, {0, 2.1, 2.2}, 2.3), ElementsAre(0, 1, 1, 1, 1));
  EXPECT_THAT(sample({"fps", 3}, {0}, 0.04), ElementsAre(0));
}

TEST(FrameSampler, UniformTakesTheFrameOnScreenInTheMiddleOfEveryPart) {
  EXPECT_THAT(sample({"uniform", 0, 4}, constant_rate(10, 40), 4), ElementsAre(5, 15, 25, 35));
  EXPECT_THAT(sample({"uniform", 0, 1}, constant_rate(10, 5), 0.5), ElementsAre(2));
  // 0 to 9 s: frame 0 alone is on screen until second 8.
  EXPECT_THAT(sample({"uniform", 0, 3}, {0, 8, 8.5}, 9), ElementsAre(0, 0, 0));
}

TEST(FrameSampler, UniformRepeatsTheFramesOfAShortVideo) {
  EXPECT_THAT(sample({"uniform", 0, 4}, constant_rate(10, 2), 0.2), ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(sample({"uniform", 0, 3}, {0}, 0), ElementsAre(0, 0, 0));
}

TEST(FrameSampler, UniformGivesTheWantedNumberOfFramesWithinTheVideo) {
  for (const int64_t count : {1, 2, 7, 19, 20, 21, 355})
    for (const int64_t wanted : {1, 5, 20}) {
      const std::vector<int64_t> frames =
          sample({"uniform", 0, wanted}, constant_rate(29.97, count), count / 29.97);
      EXPECT_EQ(frames.size(), static_cast<size_t>(wanted)) << count;
      EXPECT_TRUE(std::is_sorted(frames.begin(), frames.end()));
    }
}

TEST(FrameSampler, AllTakesEveryFrame) {
  EXPECT_THAT(sample({"all"}, {0, 0.5, 0.6}, 1), ElementsAre(0, 1, 2));
}

TEST(FrameSampler, StartsAnewWithEveryVideo) {
  for (const FrameSamplerEntry& entry : frame_sampler_table()) {
    const std::vector<double> seconds = constant_rate(25, 60);
    const auto sampler = make_frame_sampler({entry.name, 3, 5});
    std::vector<std::vector<int64_t>> rows(2);
    for (auto& pass : rows) {
      sampler->begin(seconds, 2.4);
      for (const double time : seconds) pass.push_back(sampler->rows(time));
    }
    EXPECT_EQ(rows[0], rows[1]) << entry.name;
  }
}

TEST(FrameSampler, NamesWhatItRefuses) {
  EXPECT_THAT(reason_of({"keyframes"}), HasSubstr("'keyframes'; accepted: fps, uniform, all"));
  EXPECT_THAT(reason_of({"fps", 0}), HasSubstr("fps must be"));
  EXPECT_THAT(reason_of({"fps", -3}), HasSubstr("got -3"));
  EXPECT_THAT(reason_of({"uniform", 3, 0}), HasSubstr("num_frames must be"));
}

}  // namespace
}  // namespace vidqa::features
