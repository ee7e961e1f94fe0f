#include "pipeline/data/frame_sampling.h"

#include <fstream>

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
