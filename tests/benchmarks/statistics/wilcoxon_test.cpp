#include "benchmarks/statistics/wilcoxon.h"

#include <cmath>

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "pipeline/data/seeded_random.h"

namespace vidqa::benchmarks {
namespace {

TEST(Wilcoxon, EqualsHollanderAndWolfe) {
  // Hollander & Wolfe, "Nonparametric Statistical Methods", 1973, p. 29: depression scale factors.
  // R: wilcox.test(x, y, paired = TRUE) has V = 40, p = 0.03906.
  const std::vector<double> before = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
  const std::vector<double> after = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
  const SignedRank result = wilcoxon_signed_rank(before, after);
  EXPECT_EQ(result.statistic, 40);
  EXPECT_EQ(result.num_nonzero, 9);
  EXPECT_NEAR(result.p, 0.0390625, 1e-12);
  EXPECT_NEAR(wilcoxon_signed_rank(after, before).p, result.p, 1e-12);
  EXPECT_EQ(wilcoxon_signed_rank(after, before).statistic, 5);
}

TEST(Wilcoxon, SixSeedsAreTheFewestThatReachFivePercent) {
  const auto all_better = [](size_t seeds) {
    std::vector<double> a(seeds), b(seeds, 0.0);
    for (size_t i = 0; i < seeds; ++i) a[i] = static_cast<double>(i + 1);
    return wilcoxon_signed_rank(a, b).p;
  };
  EXPECT_DOUBLE_EQ(all_better(2), 0.5);
  EXPECT_DOUBLE_EQ(all_better(5), 0.0625);
  EXPECT_DOUBLE_EQ(all_better(6), 0.03125);
}

TEST(Wilcoxon, TiesShareTheirMeanRankByHand) {
  // Differences 1, 1, -1, 3: ranks 2, 2, 2, 4. The positive ones sum to 8 of 10. Of the 16 signs,
  // sums of at least 8: all (10), one small negative (8, three ways): 4 / 16, doubled.
  const SignedRank result = wilcoxon_signed_rank({1, 1, 0, 3}, {0, 0, 1, 0});
  EXPECT_EQ(result.statistic, 8);
  EXPECT_DOUBLE_EQ(result.p, 0.5);
}

TEST(Wilcoxon, EqualPairsAreLeftOut) {
  const SignedRank result = wilcoxon_signed_rank({5, 1, 2, 7}, {5, 0, 0, 7});
  EXPECT_EQ(result.num_nonzero, 2);
  EXPECT_EQ(result.statistic, 3);
  EXPECT_DOUBLE_EQ(result.p, 0.5);
  EXPECT_EQ(wilcoxon_signed_rank({1, 2}, {1, 2}).p, 1);
  EXPECT_EQ(wilcoxon_signed_rank({}, {}).p, 1);
}

TEST(Wilcoxon, EqualsTheEnumerationOfAllSigns) {
  data::SeededRandom random({4});
  for (int repetition = 0; repetition < 20; ++repetition) {
    std::vector<double> a, b;
    for (int i = 0; i < 8; ++i) {
      a.push_back(static_cast<double>(random.below(6)));  // ties are frequent
      b.push_back(static_cast<double>(random.below(6)));
    }
    std::vector<double> size, rank, sign;
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i] == b[i]) continue;
      size.push_back(std::abs(a[i] - b[i]));
      sign.push_back(a[i] > b[i] ? 1 : 0);
    }
    for (const double s : size) {
      double below = 0, equal = 0;
      for (const double other : size) {
        below += other < s ? 1 : 0;
        equal += other == s ? 1 : 0;
      }
      rank.push_back(below + (equal + 1) / 2);
    }
    double observed = 0;
    for (size_t i = 0; i < rank.size(); ++i) observed += sign[i] * rank[i];
    double at_most = 0, at_least = 0;
    const size_t all = size_t{1} << rank.size();
    for (size_t signs = 0; signs < all; ++signs) {
      double sum = 0;
      for (size_t i = 0; i < rank.size(); ++i) sum += (signs >> i & 1) != 0 ? rank[i] : 0;
      at_most += sum <= observed ? 1 : 0;
      at_least += sum >= observed ? 1 : 0;
    }
    const SignedRank result = wilcoxon_signed_rank(a, b);
    EXPECT_DOUBLE_EQ(result.statistic, observed);
    EXPECT_NEAR(result.p, std::min(1.0, 2 * std::min(at_most, at_least) / static_cast<double>(all)),
                1e-12);
  }
}

TEST(Wilcoxon, ManyPairsStayExact) {
  // 60 differences of alternating sign: close to the normal approximation, mean n(n+1)/4 = 915.
  std::vector<double> a(60), b(60, 0.0);
  for (size_t i = 0; i < 60; ++i) a[i] = (i % 2 == 0 ? 1.0 : -1.0) * static_cast<double>(i + 1);
  const SignedRank result = wilcoxon_signed_rank(a, b);
  EXPECT_EQ(result.statistic, 900);
  EXPECT_NEAR(result.p, 0.915, 0.005);
}

TEST(Wilcoxon, RefusesWhatIsNotPaired) {
  EXPECT_THROW(wilcoxon_signed_rank({1, 2}, {1}), c10::Error);
}

}  // namespace
}  // namespace vidqa::benchmarks
