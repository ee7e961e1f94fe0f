#include "pipeline/data/frame_sampling.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/testing/shared_data.h"

namespace vidqa::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SampleRows, ShortClipsAreReadWhole) {
  EXPECT_THAT(sample_rows(3, 5), ElementsAre(0, 1, 2));
  EXPECT_THAT(sample_rows(3, 3), ElementsAre(0, 1, 2));
  EXPECT_THAT(sample_rows(0, 5), IsEmpty());
}

TEST(SampleRows, LongClipsAreReadAtEqualSteps) {
  EXPECT_THAT(sample_rows(10, 4), ElementsAre(0, 2, 5, 7));
}

TEST(SampleRows, RoundsAsDoublePrecisionDoes) { EXPECT_EQ(sample_rows(85, 35)[21], 50); }

TEST(SampleRows, FollowsTheDoubleFormulaForEveryLength) {
  for (int64_t n = 36; n <= 3000; ++n) {
    const std::vector<int64_t> rows = sample_rows(n, 35);
    ASSERT_EQ(rows.size(), 35U);
    const volatile double stride = static_cast<double>(n) / 35.0;
    for (int64_t i = 0; i < 35; ++i) {
      const volatile double at = static_cast<double>(i) * stride;
      ASSERT_EQ(rows[static_cast<size_t>(i)], static_cast<int64_t>(at)) << n << " " << i;
    }
  }
}

TEST(SegmentRows, MiddleWindowIsSeenWithoutADraw) {
  EXPECT_THAT(segment_rows(7, 4), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(segment_rows(6, 4), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(segment_rows(0, 4), IsEmpty());
}

TEST(SegmentRows, ADrawReachesEveryWindowAndTheLastRow) {
  std::set<int64_t> starts;
  for (uint64_t draw = 0; draw < 200; ++draw) {
    const std::vector<int64_t> rows = segment_rows(7, 4, draw);
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows.back() - rows.front(), 3);
    EXPECT_EQ(rows, segment_rows(7, 4, draw));
    starts.insert(rows.front());
  }
  EXPECT_THAT(starts, ElementsAre(0, 1, 2, 3));
}

TEST(SelectRows, FirstRowsOrEvenSteps) {
  EXPECT_THAT(select_rows(FrameSampling::kFirst, 9, 3), ElementsAre(0, 1, 2));
  EXPECT_THAT(select_rows(FrameSampling::kFirst, 2, 3), ElementsAre(0, 1));
  EXPECT_THAT(select_rows(FrameSampling::kEven, 9, 3), ElementsAre(0, 3, 6));
  EXPECT_THAT(select_rows(FrameSampling::kSegment, 9, 3), ElementsAre(0, 3, 6));
}

TEST(SegmentRowsGolden, EgoRowsEqualThoseOfTheReleasedCode) {
  const auto files = vidqa::testing::golden_files("hme", "data_frame_sampling", ".json");
  if (files.empty()) GTEST_SKIP() << "needs golden/hme/data_frame_sampling.json";
  const auto golden = nlohmann::json::parse(std::ifstream(files.front())).at("ego").at("cases");
  ASSERT_FALSE(golden.empty());
  for (const auto& item : golden) {
    const int64_t n = item.at("n");
    const std::vector<int64_t> rows = segment_rows(n, 30);
    if (item.contains("indices")) {
      EXPECT_EQ(rows, item.at("indices").get<std::vector<int64_t>>()) << n;
      EXPECT_EQ(segment_rows(n, 30, 5), rows) << n;
      continue;
    }
    EXPECT_EQ(rows.size(), item.at("length").get<size_t>()) << n;
    EXPECT_EQ(rows.front(), (n - 30) / 2) << n;
    int64_t last_start = 0;
    for (uint64_t draw = 0; draw < 1000; ++draw)
      last_start = std::max(last_start, segment_rows(n, 30, draw).front());
    EXPECT_EQ(last_start, item.at("last_start_possible").get<int64_t>()) << n;
  }
}

TEST(SampleRowsGolden, TgifRowsEqualThoseOfTheReleasedCode) {
  for (const auto& file : vidqa::testing::golden_files("hme", "data_frame_sampling", ".json")) {
    const auto golden = nlohmann::json::parse(std::ifstream(file)).at("tgif").at("cases");
    for (const auto& item : golden)
      EXPECT_EQ(sample_rows(item.at("n"), 35), item.at("indices").get<std::vector<int64_t>>())
          << item.at("n");
    ASSERT_FALSE(golden.empty());
    return;
  }
  GTEST_SKIP() << "needs golden/hme/data_frame_sampling.json";
}

}  // namespace
}  // namespace vidqa::data
