#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/comparison.h"
#include "benchmarks/html_report/report_arms.h"

namespace vidqa::benchmarks {

/// What an arm made of a question.
struct ExampleArm {
  int64_t num_runs = 0;
  int64_t num_right = 0;
  /// For every answer of the example its score, the mean over the runs that give it one.
  std::vector<std::optional<double>> scores;
  std::vector<int64_t> chosen;  ///< for every answer, the runs that chose it
  /// Counts: mean of the raw output, and the answers of the runs.
  std::optional<double> raw_count;
  std::string said;
  std::optional<train::FrameAttention> attention;  ///< of the first run that has one
};

/// A question with everything that the arms said to it.
struct ReportExample {
  std::string id;
  std::string video;
  std::string type;
  std::string question;  ///< as written; empty where the predictions do not hold it
  std::string gold;
  /// Multiple choice: the candidates in order. Open-ended: the best answers of the arms. Counts:
  /// none.
  std::vector<std::string> answers;
  std::vector<ExampleArm> arms;  ///< as ReportResults::arms
};

/// The rows of the comparison on the questions of one type alone.
struct TypeResults {
  std::string type;
  int64_t num_questions = 0;
  std::vector<ComparisonRow> rows;
};

/// What the finished runs of a report say.
struct ReportResults {
  Comparison comparison;
  std::vector<TypeResults> types;  ///< the largest first; empty where types are not known
  std::vector<std::string> arms;   ///< names of those that have a finished run
  std::vector<ReportExample> examples;
  std::string how_chosen;  ///< a sentence about the examples
};

struct ReportResultsOptions {
  std::string split = "test";  ///< or "val"
  std::string baseline;  ///< name of an arm; empty: that of the comparison's table, or the first
  int64_t max_examples = 200;
  int64_t bootstrap_samples = 10000;
  uint64_t seed = 1;  ///< of the bootstrap
};

/// Compares the arms by the predictions of their finished runs, and chooses examples. Rows of
/// chance and the most frequent answer, for which the data set is needed, are taken from the
/// table.json that `vidqa compare` left in a source. Without a finished run there is no result.
///
/// Throws c10::Error: no arm of the baseline's name; questions of runs that differ (listed); scores
/// that are no numbers; a split without public answers.
std::optional<ReportResults> results_of_runs(const std::vector<RunSource>& sources,
                                             const std::vector<ReportRun>& runs,
                                             const std::vector<ReportArm>& arms,
                                             const ReportResultsOptions& options);

}  // namespace vidqa::benchmarks
