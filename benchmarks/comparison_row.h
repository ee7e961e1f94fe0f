#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/statistics/descriptive.h"

namespace vidqa::benchmarks {

/// Could a row's difference to the baseline on these questions be chance? One test a row, at 5 %.
struct BaselineTest {
  /// Questions that one of the two alone answers correctly; known where both are single runs whose
  /// answers are right or wrong.
  struct Discordant {
    int64_t only_row = 0;
    int64_t only_baseline = 0;
  };
  std::optional<Discordant> discordant;
  /// "McNemar" or "McNemar, exact" where there are discordant counts, else "clustered t" over
  /// videos.
  std::string name;
  double p = 1;
  /// Corrected for the number of arms or runs in the table; unset for control rows.
  std::optional<double> p_holm;
  /// The smallest true difference that is found with a probability of 80 % on these questions.
  double detectable_difference = 0;
};

/// Is a row better or worse than the baseline when both are trained again? Over the seeds that both
/// have, seed by seed.
struct SeedTest {
  int64_t num_seeds = 0;
  double difference = 0;  ///< mean over seeds of the differences of the primary metric
  double sd = 0;          ///< of the differences, over seeds
  double wilcoxon_p = 1;
  /// Almost stochastic order: bound of how far the row is from being better, 0 (better) .. 1.
  double epsilon = 1;
  int64_t seeds_needed = 0;  ///< to find Comparison::worthwhile_difference with 80 %
};

/// p below which a difference counts as significant.
inline constexpr double kSignificant = 0.05;

/// A row of the table.
struct ComparisonRow {
  enum class Kind { kFusion, kRun, kQuestionOnly, kMostFrequent, kChance };
  Kind kind = Kind::kFusion;
  std::string name;  ///< arm or run, "question-only", "most frequent", "chance"
  std::vector<std::string> settings = {};  ///< arms: what sets them apart (Comparison::varied)
  int64_t parameters = 0;                  ///< 0 for rows without a model or of a finished run
  double multiply_adds = 0;    ///< of a forward pass for one question (model_cost.h); 0 likewise
  std::vector<double> values;  ///< primary metric on test, one a seed that did not fail
  double mean = 0;
  double sd = 0;  ///< over seeds; 0 with one
  /// 95 % Wilson interval of an accuracy over questions; unset for chance, which is no sample, and
  /// for other metrics.
  std::optional<Interval> interval;
  bool is_baseline = false;
  /// Difference to the baseline of the per-question values (mean over seeds), with its interval;
  /// unset for the baseline, like the tests.
  std::optional<Interval> difference;
  std::optional<BaselineTest> test;
  std::optional<SeedTest> seed_test;  ///< with two seeds or more
  /// Whether the difference survives the correction for how many were looked at.
  bool is_significant() const { return test && test->p_holm && *test->p_holm < kSignificant; }
  double seconds_per_epoch = 0;
  double peak_memory_mb = 0;
  /// Mean over seeds of the primary metric per question type.
  std::map<std::string, double> by_type;
};

}  // namespace vidqa::benchmarks
