#include "benchmarks/statistics/bootstrap.h"

#include <cmath>

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "pipeline/data/seeded_random.h"

namespace vidqa::benchmarks {
namespace {

TEST(PairedBootstrap, EqualDifferencesLeaveNoDoubt) {
  const Interval interval = paired_bootstrap({3, 5, 2}, {2, 4, 1}, no_clusters(3), 200, 1);
  EXPECT_EQ(interval.estimate, 1);
  EXPECT_EQ(interval.low, 1);
  EXPECT_EQ(interval.high, 1);
}

TEST(PairedBootstrap, TwoQuestionsWorkedByHand) {
  // Differences 0 and 1: a resample has mean 0 (1/4), 1/2 (1/2) or 1 (1/4). The middle 40 % are all
  // 1/2; the middle 95 % reach from 0 to 1.
  const Interval narrow = paired_bootstrap({1, 1}, {1, 0}, no_clusters(2), 10000, 7, 0.4);
  EXPECT_EQ(narrow.estimate, 0.5);
  EXPECT_EQ(narrow.low, 0.5);
  EXPECT_EQ(narrow.high, 0.5);
  const Interval wide = paired_bootstrap({1, 1}, {1, 0}, no_clusters(2), 10000, 7);
  EXPECT_EQ(wide.low, 0);
  EXPECT_EQ(wide.high, 1);
}

TEST(PairedBootstrap, IsAFunctionOfItsArguments) {
  const std::vector<double> a = {1, 0, 1, 1, 0, 1, 0, 0, 1, 1};
  const std::vector<double> b = {0, 0, 1, 0, 1, 1, 0, 1, 0, 1};
  const Interval first = paired_bootstrap(a, b, no_clusters(10), 500, 3);
  const Interval second = paired_bootstrap(a, b, no_clusters(10), 500, 3);
  EXPECT_EQ(first.low, second.low);
  EXPECT_EQ(first.high, second.high);
}

TEST(PairedBootstrap, ExchangingTheSidesMirrorsTheInterval) {
  const std::vector<double> a = {1, 0, 1, 1, 0, 1, 0, 0, 1, 1};
  const std::vector<double> b = {0, 0, 1, 0, 1, 1, 0, 1, 0, 1};
  const Interval forward = paired_bootstrap(a, b, no_clusters(10), 2001, 3, 0.9);
  const Interval backward = paired_bootstrap(b, a, no_clusters(10), 2001, 3, 0.9);
  EXPECT_NEAR(forward.low, -backward.high, 1e-12);
  EXPECT_NEAR(forward.high, -backward.low, 1e-12);
}

TEST(PairedBootstrap, HasTheWidthOfTheNormalApproximationOnManyQuestions) {
  data::SeededRandom random({5});
  std::vector<double> a(2000), b(2000, 0.0);
  for (double& value : a) value = static_cast<double>(random.below(2));
  const Interval interval = paired_bootstrap(a, b, no_clusters(2000), 4000, 11);
  const double standard_error = standard_deviation(a) / std::sqrt(2000.0);
  EXPECT_NEAR(interval.high - interval.low, 2 * 1.96 * standard_error, 0.1 * standard_error * 2);
  EXPECT_NEAR(interval.estimate, mean(a), 1e-12);
}

TEST(PairedBootstrap, CoversTheTruthAsOftenAsItSays) {
  // Paired 0/1 answers of two systems, right with probability 0.7 and 0.5: the difference is 0.2.
  constexpr int kRepetitions = 400;
  data::SeededRandom random({2024});
  int covered = 0;
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    std::vector<double> a, b;
    for (int question = 0; question < 80; ++question) {
      a.push_back(static_cast<double>(random.below(10)) < 7 ? 1 : 0);
      b.push_back(static_cast<double>(random.below(10)) < 5 ? 1 : 0);
    }
    const Interval interval = paired_bootstrap(a, b, no_clusters(80), 400, random.bits());
    covered += interval.low <= 0.2 && 0.2 <= interval.high ? 1 : 0;
  }
  // 95 % of 400 is 380 with a standard deviation of 4.4; a bootstrap of 80 questions is a little
  // short.
  EXPECT_GE(covered, 364);
  EXPECT_LE(covered, 396);
}

TEST(PairedBootstrap, VideosAreDrawnWithAllTheirQuestions) {
  // Differences 1, 1 (one video) and 0 (another): a resample is both twice (mean 1 or 0, 1/4 each)
  // or one of each (mean 2/3, 1/2).
  const Interval narrow = paired_bootstrap({1, 1, 1}, {0, 0, 1}, {0, 0, 1}, 10000, 7, 0.4);
  EXPECT_DOUBLE_EQ(narrow.estimate, 2.0 / 3);
  EXPECT_DOUBLE_EQ(narrow.low, 2.0 / 3);
  EXPECT_DOUBLE_EQ(narrow.high, 2.0 / 3);
  const Interval wide = paired_bootstrap({1, 1, 1}, {0, 0, 1}, {0, 0, 1}, 10000, 7);
  EXPECT_EQ(wide.low, 0);
  EXPECT_EQ(wide.high, 1);
}

TEST(PairedBootstrap, CopiesOfAQuestionDoNotNarrowTheClusteredInterval) {
  data::SeededRandom random({9});
  std::vector<double> a;
  Clusters clusters;
  for (int64_t video = 0; video < 300; ++video) {
    a.insert(a.end(), 4, static_cast<double>(random.below(2)));
    clusters.insert(clusters.end(), 4, video);
  }
  const std::vector<double> b(a.size(), 0.0);
  const Interval alone = paired_bootstrap(a, b, no_clusters(1200), 2000, 3);
  const Interval clustered = paired_bootstrap(a, b, clusters, 2000, 3);
  EXPECT_NEAR((clustered.high - clustered.low) / (alone.high - alone.low), 2, 0.2);
  EXPECT_NEAR(clustered.high - clustered.low, 2 * 1.96 * clustered_mean(a, clusters).standard_error,
              0.01);
}

TEST(PairedBootstrap, SeveralSystemsGetWhatEachWouldGetAlone) {
  data::SeededRandom random({31});
  std::vector<std::vector<double>> systems(3, std::vector<double>(60));
  std::vector<double> baseline(60);
  for (double& value : baseline) value = static_cast<double>(random.below(2));
  for (auto& system : systems) {
    for (double& value : system) value = static_cast<double>(random.below(1000)) / 999;
  }
  std::vector<std::string> videos;
  for (int i = 0; i < 60; ++i) videos.push_back(std::to_string(random.below(17)));
  const Clusters clusters = clusters_of(videos);
  const auto together = paired_bootstraps(systems, baseline, clusters, 400, 5);
  ASSERT_EQ(together.size(), 3u);
  for (size_t s = 0; s < 3; ++s) {
    const Interval alone = paired_bootstrap(systems[s], baseline, clusters, 400, 5);
    EXPECT_EQ(together[s].estimate, alone.estimate);
    EXPECT_EQ(together[s].low, alone.low);
    EXPECT_EQ(together[s].high, alone.high);
  }
}

TEST(PairedBootstrap, RefusesWhatIsNotPaired) {
  EXPECT_THROW(paired_bootstrap({1, 2}, {1}, {0, 1}, 10, 1), c10::Error);
  EXPECT_THROW(paired_bootstrap({}, {}, {}, 10, 1), c10::Error);
  EXPECT_THROW(paired_bootstrap({1}, {1}, {0}, 0, 1), c10::Error);
  EXPECT_THROW(paired_bootstrap({1}, {1}, {0}, 10, 1, 1.0), c10::Error);
  EXPECT_THROW(paired_bootstrap({1, 2}, {1, 1}, {0}, 10, 1), c10::Error);
}

}  // namespace
}  // namespace vidqa::benchmarks
