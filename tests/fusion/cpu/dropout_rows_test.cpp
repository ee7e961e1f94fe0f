#include "fusion/cpu/dropout_rows.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace vidqa::fusion::cpu {
namespace {

DropoutPlace place(double probability, uint32_t stream = 0) {
  DropoutPlace place;
  place.probability = probability;
  place.key = 0x5eed;
  place.stream = stream;
  return place;
}

std::vector<float> multipliers(const DropoutPlace& place, int64_t row, int64_t begin, int64_t n) {
  std::vector<float> result(static_cast<size_t>(n));
  dropout_multipliers(place, row, begin, n, result.data());
  return result;
}

TEST(DropoutRows, DropTheShareThatIsAskedForAndScaleTheRest) {
  for (const double p : {0.01, 0.2, 0.5, 0.99}) {
    constexpr int kRows = 400;
    constexpr int kWidth = 1000;
    int64_t dropped = 0;
    for (int row = 0; row < kRows; ++row) {
      for (const float m : multipliers(place(p), row, 0, kWidth)) {
        if (m == 0) {
          ++dropped;
        } else {
          ASSERT_FLOAT_EQ(m, static_cast<float>(1 / (1 - p)));
        }
      }
    }
    const double n = kRows * kWidth;
    EXPECT_NEAR(static_cast<double>(dropped) / n, p, 4 * std::sqrt(p * (1 - p) / n)) << p;
  }
}

TEST(DropoutRows, DoNotDependOnWhereARunBegins) {
  const std::vector<float> whole = multipliers(place(0.3), 7, 0, 500);
  for (const int64_t begin : {64, 128, 320}) {
    const std::vector<float> part = multipliers(place(0.3), 7, begin, 500 - begin);
    EXPECT_EQ(part, std::vector<float>(whole.begin() + begin, whole.end())) << begin;
  }
}

TEST(DropoutRows, AreOthersInEveryRowAndPlace) {
  const std::vector<float> here = multipliers(place(0.5), 3, 0, 256);
  EXPECT_NE(here, multipliers(place(0.5), 4, 0, 256));
  EXPECT_NE(here, multipliers(place(0.5, 1), 3, 0, 256));
  EXPECT_EQ(here, multipliers(place(0.5), 3, 0, 256));
}

TEST(DropoutRows, LeaveRowsAloneWithoutDropout) {
  std::vector<float> x = {1, 2, 3};
  drop(place(0), 0, 0, 3, x.data());
  EXPECT_EQ(x, (std::vector<float>{1, 2, 3}));
}

TEST(DropoutRows, UseGivenMasks) {
  const std::vector<float> keep = {1, 0, 1, 0, 0, 1};
  DropoutPlace given = place(0.5);
  given.given = keep.data();
  given.width = 3;
  EXPECT_EQ(multipliers(given, 1, 0, 3), (std::vector<float>{0, 0, 2}));
}

}  // namespace
}  // namespace vidqa::fusion::cpu
