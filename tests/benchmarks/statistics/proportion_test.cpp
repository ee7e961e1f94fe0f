#include "benchmarks/statistics/proportion.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace vidqa::benchmarks {
namespace {

TEST(WilsonInterval, EqualsNewcombesTable) {
  // Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
  struct Published {
    double right;
    int64_t n;
    double low;
    double high;
  };
  for (const Published& row : {Published{81, 263, 0.2553, 0.3662},
                               {15, 148, 0.0624, 0.1605},
                               {0, 20, 0.0000, 0.1611},
                               {1, 29, 0.0061, 0.1718}}) {
    const Interval interval = wilson_interval(row.right / static_cast<double>(row.n), row.n);
    EXPECT_EQ(interval.estimate, row.right / static_cast<double>(row.n));
    EXPECT_NEAR(interval.low, row.low, 5e-5) << row.right << "/" << row.n;
    EXPECT_NEAR(interval.high, row.high, 5e-5) << row.right << "/" << row.n;
  }
}

TEST(WilsonInterval, MirrorsWhenRightAndWrongChangePlaces) {
  const Interval few = wilson_interval(0.125, 24, 0.9);
  const Interval many = wilson_interval(0.875, 24, 0.9);
  EXPECT_NEAR(few.low, 1 - many.high, 1e-12);
  EXPECT_NEAR(few.high, 1 - many.low, 1e-12);
}

TEST(WilsonInterval, StaysInsideAtTheEnds) {
  EXPECT_EQ(wilson_interval(0, 7).low, 0);
  EXPECT_GT(wilson_interval(0, 7).high, 0.2);
  EXPECT_EQ(wilson_interval(1, 7).high, 1);
  EXPECT_LT(wilson_interval(1, 7).low, 0.8);
}

TEST(WilsonInterval, RefusesWhatIsNoShare) {
  EXPECT_THROW(wilson_interval(0.5, 0), c10::Error);
  EXPECT_THROW(wilson_interval(1.1, 10), c10::Error);
  EXPECT_THROW(wilson_interval(0.5, 10, 1.0), c10::Error);
}

}  // namespace
}  // namespace vidqa::benchmarks
