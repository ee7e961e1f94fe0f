#include "benchmarks/datasets/tvqa_localization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/testing/errors.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using vidqa::testing::error_of;

std::vector<int64_t> frames(double start, double end, int64_t num_frames) {
  const auto rows = locate_frames({start, end, false}, num_frames);
  return {rows.first, rows.last};
}

TEST(TvqaSpanTest, ReadsTwoTimes) {
  const TvqaSpan span = parse_tvqa_span("48.62-60.02", "line");
  EXPECT_EQ(span.start_seconds, 48.62);
  EXPECT_EQ(span.end_seconds, 60.02);
  EXPECT_FALSE(span.is_default);
}

TEST(TvqaSpanTest, NotANumberMeansTenToThirtySeconds) {
  for (const char* text : {"NaN-NaN", "12.5-NaN", "nan-3"}) {
    const TvqaSpan span = parse_tvqa_span(text, "line");
    EXPECT_EQ(span.start_seconds, 10);
    EXPECT_EQ(span.end_seconds, 30);
    EXPECT_TRUE(span.is_default);
  }
}

TEST(TvqaSpanTest, AnythingElseNamesTheRecord) {
  for (const char* text : {"abc-1", "", "5", "-1-5", "1-", "1-inf", "1s-2s"})
    EXPECT_THAT(error_of([&] { parse_tvqa_span(text, "train.jsonl: line 3"); }),
                ::testing::AllOf(HasSubstr("train.jsonl: line 3: 'ts' must"),
                                 HasSubstr("'" + std::string(text) + "'")));
}

TEST(LocateSubtitles, BoundsAreLeftOutAndALineBeforeIsAdded) {
  EXPECT_THAT(locate_subtitles({5, 9.5, false}, {1.2, 5.0, 9.5, 20.0}), ElementsAre(0, 1, 2));
  EXPECT_THAT(locate_subtitles({19, 25, false}, {1.2, 5.0, 9.5, 20.0}), ElementsAre(2, 3));
  EXPECT_THAT(locate_subtitles({0, 2, false}, {1.2, 5.0, 9.5, 20.0}), ElementsAre(0));
}

TEST(LocateSubtitles, NearestLineStandsInWhereNoneStarts) {
  EXPECT_THAT(locate_subtitles({30, 40, false}, {1.2, 5.0, 9.5, 20.0}), ElementsAre(1, 2, 3));
  EXPECT_THAT(locate_subtitles({7, 7, false}, {7.0}), ElementsAre(0));
}

TEST(LocateFrames, ThreeFramesASecondWithAMargin) {
  EXPECT_THAT(frames(48.62, 60.02, 180), ElementsAre(142, 183));
  EXPECT_THAT(frames(0, 0, 180), ElementsAre(0, 3));
}

TEST(LocateFrames, LongClipsAreScaledToThreeHundred) {
  EXPECT_THAT(frames(150, 187.02, 560), ElementsAre(238, 300));
}

TEST(LocateFrames, ReversedAndLateSpansStayAsTheyAre) {
  EXPECT_THAT(frames(5, 2, 180), ElementsAre(12, 9));
  EXPECT_THAT(frames(69.9, 93, 197), ElementsAre(206, 282)) << "beyond the clip";
  EXPECT_THAT(frames(250, 260, 270), ElementsAre(297, 300));
}

TEST(TvqaLocalizationGolden, SubtitlesEqualThoseOfTheReleasedCode) {
  VIDQA_REQUIRE_SHARED("golden/tvqa/data/sub_localisation.json");
  const auto golden = vidqa::testing::golden_json("tvqa/data/sub_localisation.json");
  ASSERT_EQ(golden.at("cases").size(), 48U);
  for (const auto& item : golden.at("cases")) {
    SCOPED_TRACE(item.dump());
    const auto times = item.at("times").get<std::vector<double>>();
    const auto located = [&] {
      const TvqaSpan span = parse_tvqa_span(item.at("ts_raw"), "here");
      if (item.contains("ts")) {
        EXPECT_EQ(span.start_seconds, item.at("ts")[0].get<double>());
        EXPECT_EQ(span.end_seconds, item.at("ts")[1].get<double>());
        EXPECT_EQ(span.is_default, item.at("ts_was_nan").get<bool>());
      }
      std::string text;
      for (const size_t line : locate_subtitles(span, times))
        text += (text.empty() ? "" : " <eos> ") + item.at("lines")[line].get<std::string>();
      return text;
    };
    if (item.contains("raises"))
      EXPECT_NE(error_of([&] { located(); }), "no error");
    else
      EXPECT_EQ(located(), item.at("out").get<std::string>());
  }
}

TEST(TvqaLocalizationGolden, FramesEqualThoseOfTheReleasedCode) {
  VIDQA_REQUIRE_SHARED("golden/tvqa/data/frame_localisation.json");
  const auto golden = vidqa::testing::golden_json("tvqa/data/frame_localisation.json");
  ASSERT_EQ(golden.at("cases").size(), 59U);
  for (const auto& item : golden.at("cases"))
    EXPECT_EQ(frames(item.at("ts")[0], item.at("ts")[1], item.at("n_frames")),
              item.at("out").get<std::vector<int64_t>>())
        << item.dump();
}

}  // namespace
}  // namespace vidqa::benchmarks
