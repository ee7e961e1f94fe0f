#include "fusion/cpu/lanes.h"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace vidqa::fusion::cpu {
namespace {

class LanesOfRows : public ::testing::TestWithParam<std::pair<int64_t, int64_t>> {};

TEST_P(LanesOfRows, AreTheirTransposeAndComeBack) {
  const auto [lanes, width] = GetParam();
  std::vector<float> rows(static_cast<size_t>(lanes * width));
  std::iota(rows.begin(), rows.end(), 1.0F);
  std::vector<float> columns(static_cast<size_t>(width * kLanes), -1.0F);
  to_lanes(rows.data(), width, lanes, columns.data());
  for (int64_t j = 0; j < width; ++j) {
    for (int64_t lane = 0; lane < kLanes; ++lane)
      ASSERT_EQ(columns[j * kLanes + lane], lane < lanes ? rows[lane * width + j] : 0);
  }
  std::vector<float> back(rows.size());
  from_lanes(columns.data(), width, lanes, back.data());
  EXPECT_EQ(back, rows);
}

INSTANTIATE_TEST_SUITE_P(Sizes, LanesOfRows,
                         ::testing::Values(std::pair<int64_t, int64_t>{16, 16},
                                           std::pair<int64_t, int64_t>{16, 37},
                                           std::pair<int64_t, int64_t>{16, 5},
                                           std::pair<int64_t, int64_t>{3, 20},
                                           std::pair<int64_t, int64_t>{0, 4}));

}  // namespace
}  // namespace vidqa::fusion::cpu
