#include "benchmarks/statistics/clustered_mean.h"

#include <cmath>
#include <fstream>
#include <map>
#include <set>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "benchmarks/statistics/descriptive.h"
#include "pipeline/data/seeded_random.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::ElementsAre;

TEST(Clusters, AreNumberedByFirstAppearance) {
  EXPECT_THAT(clusters_of({"b", "a", "b", "c", "a"}), ElementsAre(0, 1, 0, 2, 1));
  EXPECT_EQ(num_clusters(clusters_of({"b", "a", "b"})), 2);
  EXPECT_THAT(no_clusters(3), ElementsAre(0, 1, 2));
  EXPECT_EQ(num_clusters({}), 0);
}

TEST(ClusteredMean, SingleQuestionsGiveTheUsualTTest) {
  // Student, "The Probable Error of a Mean", 1908: extra hours of sleep, first minus second drug;
  // R: t.test(extra ~ group, sleep, paired = TRUE) has t = -4.0621, df = 9, p = 0.002833.
  const std::vector<double> differences = {-1.2, -2.4, -1.3, -1.3, 0, -1.0, -1.8, -0.8, -4.6, -1.4};
  const ClusteredMean result = clustered_mean(differences, no_clusters(10));
  EXPECT_NEAR(result.mean, -1.58, 1e-12);
  EXPECT_NEAR(result.mean / result.standard_error, -4.0621, 5e-5);
  EXPECT_NEAR(result.p, 0.002833, 5e-7);
  EXPECT_NEAR(result.standard_error, standard_deviation(differences) / std::sqrt(10.0), 1e-12);
}

TEST(ClusteredMean, WorkedByHand) {
  // Mean 0.5; residuals by cluster: 0.5 + 0.5 = 1, -0.5 - 0.5 = -1, 0.5 - 0.5 = 0.
  // Standard error sqrt(3/2 * 2) / 6; t with 2 degrees of freedom has p = 1 - t / sqrt(2 + t^2).
  const ClusteredMean result = clustered_mean({1, 1, 0, 0, 1, 0}, {0, 0, 1, 1, 2, 2});
  EXPECT_DOUBLE_EQ(result.mean, 0.5);
  EXPECT_DOUBLE_EQ(result.standard_error, std::sqrt(3.0) / 6);
  const double t = std::sqrt(3.0);
  EXPECT_NEAR(result.p, 1 - t / std::sqrt(2 + t * t), 1e-12);
}

TEST(ClusteredMean, CopiesOfAQuestionAddNothing) {
  const std::vector<double> once = {1, 0, 0, 1, 1, 0, 1};
  std::vector<double> thrice;
  Clusters clusters;
  for (size_t i = 0; i < once.size(); ++i) {
    thrice.insert(thrice.end(), 3, once[i]);
    clusters.insert(clusters.end(), 3, static_cast<int64_t>(i));
  }
  EXPECT_NEAR(clustered_mean(thrice, clusters).standard_error,
              clustered_mean(once, no_clusters(7)).standard_error, 1e-12);
}

TEST(ClusteredMean, WithoutSpreadThereIsNoDoubt) {
  EXPECT_EQ(clustered_mean({0, 0, 0}, no_clusters(3)).p, 1);
  EXPECT_EQ(clustered_mean({2, 2, 2}, no_clusters(3)).p, 0);
}

TEST(ClusteredMean, FalseAlarmsAreAsRareAsPSays) {
  // 30 videos with 1 to 6 questions each, all alike within a video: no true difference.
  data::SeededRandom random({77});
  int alarms = 0;
  constexpr int kRepetitions = 2000;
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    std::vector<double> values;
    Clusters clusters;
    for (int64_t video = 0; video < 30; ++video) {
      const double value = static_cast<double>(random.below(2)) - 0.5;
      const size_t questions = 1 + random.below(6);
      values.insert(values.end(), questions, value);
      clusters.insert(clusters.end(), questions, video);
    }
    alarms += clustered_mean(values, clusters).p < 0.05 ? 1 : 0;
  }
  // 5 % of 2000 is 100 with a standard deviation of 10; unequal videos raise it somewhat.
  EXPECT_GE(alarms, 70);
  EXPECT_LE(alarms, 160);
}

TEST(ClusteredMean, RefusesOneCluster) {
  EXPECT_THROW(clustered_mean({1, 2}, {0, 0}), c10::Error);
  EXPECT_THROW(clustered_mean({1, 2}, {0}), c10::Error);
}

/// Published answers to the TVQA validation questions whose clip is known from TVQA+.
struct TvqaPlus {
  Clusters clusters;
  std::map<std::string, std::vector<double>> right;
};

TvqaPlus read_tvqa_plus() {
  const auto load = [](const char* name) {
    std::ifstream file(testing::shared_dir() / "data" / name);
    return nlohmann::json::parse(file);
  };
  const nlohmann::json answered = load("tvqa_modality_bias/val_correct_qids_bert.json");
  std::map<std::string, std::set<int64_t>> ids;
  for (const auto& [run, list] : answered.items()) ids[run] = list.get<std::set<int64_t>>();
  TvqaPlus data;
  std::vector<std::string> videos;
  for (const auto& question : load("tvqa_plus/tvqa_plus_val.json")) {
    const auto qid = question.at("qid").get<int64_t>();
    videos.push_back(question.at("vid_name"));
    for (const char* run : {"V", "S", "SVI"})
      data.right[run].push_back(ids[run].count(qid) ? 1 : 0);
  }
  data.clusters = clusters_of(videos);
  return data;
}

TEST(ClusteredMeanGolden, ClipsWidenTheErrorOfAnAccuracyAndNotThatOfADifference) {
  VIDQA_REQUIRE_SHARED("data/tvqa_plus/tvqa_plus_val.json");
  VIDQA_REQUIRE_SHARED("data/tvqa_modality_bias/val_correct_qids_bert.json");
  const TvqaPlus data = read_tvqa_plus();
  ASSERT_EQ(data.clusters.size(), 3017u);
  ASSERT_EQ(num_clusters(data.clusters), 431);
  const Clusters alone = no_clusters(3017);
  struct Measured {
    const char* run;
    double alone;
    double clustered;
  };
  for (const Measured& row : {Measured{"V", 0.91, 0.97}, {"S", 0.86, 0.96}, {"SVI", 0.82, 0.87}}) {
    const std::vector<double>& right = data.right.at(row.run);
    EXPECT_NEAR(100 * clustered_mean(right, alone).standard_error, row.alone, 0.005) << row.run;
    EXPECT_NEAR(100 * clustered_mean(right, data.clusters).standard_error, row.clustered, 0.005)
        << row.run;
  }
  std::vector<double> difference = data.right.at("SVI");
  for (size_t i = 0; i < difference.size(); ++i) difference[i] -= data.right.at("S")[i];
  EXPECT_NEAR(100 * clustered_mean(difference, data.clusters).standard_error,
              100 * clustered_mean(difference, alone).standard_error, 0.02);
}

}  // namespace
}  // namespace vidqa::benchmarks
