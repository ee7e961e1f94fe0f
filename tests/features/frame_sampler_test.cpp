#include "features/frame_sampler.h"

#include <algorithm>
#include <cmath>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/errors.h"

namespace vidqa::features {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Times of `count` frames at `fps`, as a container with a fine time base stores them.
std::vector<double> constant_rate(double fps, int64_t count) {
  std::vector<double> seconds;
  for (int64_t i = 0; i < count; ++i) seconds.push_back(static_cast<double>(i) / fps);
  return seconds;
}

/// Frame number of every row. Frames that the sampler says it does not need are not shown to it.
std::vector<int64_t> sample(const FrameSamplerOptions& options, const std::vector<double>& seconds,
                            double end_seconds, double nominal_fps = 0) {
  const auto sampler = make_frame_sampler(options);
  std::vector<int64_t> rows[2];
  for (const bool skips : {false, true}) {
    sampler->begin({sampler->needs_end() ? end_seconds : 0, nominal_fps});
    for (size_t i = 0; i < seconds.size(); ++i) {
      const bool is_last = i + 1 == seconds.size();
      const double end = is_last ? end_seconds : seconds[i + 1];
      if (skips && !is_last && end <= sampler->idle_until()) continue;
      const int64_t count = sampler->rows({seconds[i], end, is_last});
      rows[skips].insert(rows[skips].end(), static_cast<size_t>(count), static_cast<int64_t>(i));
    }
  }
  EXPECT_EQ(rows[0], rows[1]) << "with and without skipping, " << options.name;
  return rows[0];
}

std::vector<int64_t> first(const std::vector<int64_t>& rows, size_t count) {
  return {rows.begin(), rows.begin() + static_cast<int64_t>(std::min(count, rows.size()))};
}

std::string reason_of(const FrameSamplerOptions& options) {
  try {
    make_frame_sampler(options);
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "";
}

TEST(FrameSampler, PtsTakesTheFirstFrameAtOrAfterEveryTime) {
  const std::vector<int64_t> frames = sample({"pts", 3}, constant_rate(30, 420), 14);
  ASSERT_EQ(frames.size(), 42);
  for (size_t k = 0; k < frames.size(); ++k) EXPECT_EQ(frames[k], 10 * static_cast<int64_t>(k));
  const std::vector<int64_t> odd_rate = sample({"pts", 3}, constant_rate(19.62, 355), 18.1);
  EXPECT_EQ(odd_rate.size(), 55);
  EXPECT_THAT(std::vector<int64_t>(odd_rate.begin(), odd_rate.begin() + 4),
              ElementsAre(0, 7, 14, 20));
}

TEST(FrameSampler, PtsForgivesTimesThatAreRoundedToMilliseconds) {
  std::vector<double> seconds;
  for (int i = 0; i < 100; ++i) seconds.push_back(std::round(i * 1000 / 30.0) / 1000);
  const std::vector<int64_t> frames = sample({"pts", 3}, seconds, 3.33);
  for (size_t k = 0; k < frames.size(); ++k) EXPECT_EQ(frames[k], 10 * static_cast<int64_t>(k));
}

TEST(FrameSampler, PtsGoesByTimeWhereTheFrameRateVaries) {
  EXPECT_THAT(sample({"pts", 2}, {0, 0.1, 0.2, 0.6, 0.7, 1.0, 1.4, 1.5}, 1.6),
              ElementsAre(0, 3, 5, 7));
}

TEST(FrameSampler, PtsRepeatsAFrameThatIsTheFirstAfterSeveralTimes) {
  EXPECT_THAT(sample({"pts", 2}, {0, 2.1, 2.2}, 2.3), ElementsAre(0, 1, 1, 1, 1));
  EXPECT_THAT(sample({"pts", 3}, {0}, 0.04), ElementsAre(0));
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

TEST(FrameSampler, StrideTakesEveryNthFrame) {
  EXPECT_THAT(sample({"stride"}, {0, 0.5, 0.6}, 1), ElementsAre(0, 1, 2));
  EXPECT_THAT(sample({"stride", 0, 0, 4}, constant_rate(25, 13), 0.52), ElementsAre(0, 4, 8, 12));
}

/// The lists were made by ffmpeg 5 itself, from videos of 420 and 355 frames.
TEST(FrameSampler, TakesTheFramesOfTheFfmpegProgram) {
  const std::vector<double> fast = constant_rate(30, 420), slow = constant_rate(19.62, 355);
  std::vector<int64_t> rows = sample({"ffmpeg-fps", 3}, fast, 14, 30);
  EXPECT_EQ(rows.size(), 42);
  EXPECT_THAT(first(rows, 4), ElementsAre(4, 14, 24, 34));
  rows = sample({"ffmpeg-r", 3}, fast, 14, 30);
  EXPECT_EQ(rows.size(), 43);
  EXPECT_THAT(first(rows, 5), ElementsAre(0, 3, 13, 23, 33));
  rows = sample({"ffmpeg-fps", 3}, slow, 355 / 19.62, 19.62);
  EXPECT_EQ(rows.size(), 54);
  EXPECT_THAT(first(rows, 4), ElementsAre(3, 9, 16, 22));
  rows = sample({"ffmpeg-r", 3}, slow, 355 / 19.62, 19.62);
  EXPECT_EQ(rows.size(), 55);
  EXPECT_THAT(first(rows, 4), ElementsAre(0, 2, 9, 15));
}

TEST(FrameSampler, FfmpegFpsRepeatsFramesAndNeverGivesNone) {
  EXPECT_THAT(sample({"ffmpeg-fps", 2}, {0, 2.1, 2.2}, 2.6), ElementsAre(0, 0, 0, 0, 2));
  EXPECT_THAT(sample({"ffmpeg-fps", 3}, {0, 0.04}, 0.08), ElementsAre(1));
}

TEST(FrameSampler, FfmpegRLeavesGaps) {
  EXPECT_THAT(sample({"ffmpeg-r", 2}, {0, 0.1, 0.2, 0.3, 5.0, 5.1, 5.2, 5.3}, 5.4, 10),
              ElementsAre(0, 1, 3, 4, 5));
}

TEST(FrameSampler, TimesAreThoseOfTheFramesOnScreen) {
  const auto sampler = make_times_sampler({0.25, 0, 0.066733, 7});
  sampler->begin({});
  const double frame = 1001.0 / 30000;
  std::vector<int64_t> rows;
  for (int i = 0; i < 10; ++i) rows.push_back(sampler->rows({i * frame, (i + 1) * frame, i == 9}));
  EXPECT_THAT(rows, ElementsAre(1, 0, 1, 0, 0, 0, 0, 1, 0, 0));
}

TEST(FrameSampler, StartsAnewWithEveryVideo) {
  for (const FrameSamplerEntry& entry : frame_sampler_table()) {
    const std::vector<double> seconds = constant_rate(25, 60);
    const auto sampler = make_frame_sampler({entry.name, 3, 5, 7});
    std::vector<std::vector<int64_t>> rows(2);
    for (auto& pass : rows) {
      sampler->begin({2.4, 25});
      for (const double time : seconds)
        pass.push_back(sampler->rows({time, time + 0.04, time == seconds.back()}));
    }
    EXPECT_EQ(rows[0], rows[1]) << entry.name;
  }
}

TEST(FrameSampler, IsReadFromOneWordAndWrittenAsOne) {
  for (const char* text : {"pts", "ffmpeg-fps", "ffmpeg-r", "uniform:12", "stride:4"})
    EXPECT_EQ(to_string(parse_frame_sampler(text)), text);
  EXPECT_EQ(to_string(parse_frame_sampler("uniform")), "uniform:20");
  EXPECT_EQ(parse_frame_sampler("uniform:12").num_frames, 12);
  EXPECT_EQ(parse_frame_sampler("stride:4").stride, 4);
  EXPECT_EQ(parse_frame_sampler("pts", 1.5).fps, 1.5);
  EXPECT_TRUE(uses_fps(parse_frame_sampler("ffmpeg-r")));
  EXPECT_FALSE(uses_fps(parse_frame_sampler("stride:4")));
}

TEST(FrameSampler, NamesWhatItRefuses) {
  EXPECT_THAT(reason_of({"keyframes"}),
              HasSubstr("'keyframes'; accepted: pts, ffmpeg-fps, ffmpeg-r, uniform:N, stride:N"));
  EXPECT_THAT(reason_of({"pts", 0}), HasSubstr("fps must be"));
  EXPECT_THAT(reason_of({"ffmpeg-r", -3}), HasSubstr("got -3"));
  const auto reason_of_text = [](const std::string& text) {
    return testing::error_of([&] { parse_frame_sampler(text); });
  };
  EXPECT_THAT(reason_of_text("uniform:0"), HasSubstr("at least 1, got 0"));
  EXPECT_THAT(reason_of_text("stride:-2"), HasSubstr("at least 1, got -2"));
  EXPECT_THAT(reason_of_text("uniform:many"), HasSubstr("'many' is not a whole number"));
  EXPECT_THAT(reason_of_text("pts:3"), HasSubstr("takes no number"));
  EXPECT_THAT(reason_of_text("fps:3"), HasSubstr("unknown sampler 'fps'"));
}

}  // namespace
}  // namespace vidqa::features
