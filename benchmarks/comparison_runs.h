#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/experiment.h"

namespace vidqa::benchmarks {

/// A row that is trained: one run a seed.
struct ComparisonArm {
  std::string name;                 ///< "mcb", "VI mcb", "mcb learning-rate=1e-4"
  std::vector<std::string> varied;  ///< values of ComparisonOptions::varied, in order
  ExperimentOptions options;
};

struct ComparisonOptions {
  std::vector<std::string> varied = {"fusion"};  ///< what differs between arms, for the table
  std::vector<ComparisonArm> arms;
  std::string baseline;   ///< name of an arm; empty: the first
  int64_t num_seeds = 2;  ///< seeds options.train.seed of an arm, +1, ...
  std::string output;     ///< runs go to <output>/runs/<arm>/seed<k>
  bool retry_failed = false;
  int64_t bootstrap_samples = 10000;
};

/// One run of a comparison.
struct PlannedRun {
  static constexpr size_t kQuestionOnly = SIZE_MAX;

  size_t arm = 0;    ///< place in ComparisonOptions::arms, or kQuestionOnly
  std::string name;  ///< of the arm, or "question-only"
  uint64_t seed = 0;
  ExperimentOptions options;
  std::filesystem::path folder;

  std::string title() const;  ///< "mcb, seed 2"
};

using Say = std::function<void(const std::string& line)>;

/// Data sets of the runs, each read once.
class ExperimentData {
 public:
  const LoadedData& of(const ExperimentOptions& options);
  void clear() { loaded_.clear(); }

 private:
  std::map<std::string, std::unique_ptr<LoadedData>> loaded_;
};

/// Every run, the seeds of an arm together and the question-only control last. That control is the
/// baseline without video. Throws c10::Error on options that make no comparison.
std::vector<PlannedRun> plan_runs(const ComparisonOptions& options);

/// Place in ComparisonOptions::arms; throws c10::Error listing the arms.
size_t baseline_arm(const ComparisonOptions& options);

/// The split whose answers are public: "test", else "val".
std::string scored_split(const data::QaCorpus& corpus);
const std::vector<data::Question>& scored_questions(const data::QaCorpus& corpus);

/// What would otherwise come to light after hours: an arm that cannot be built, a folder that is in
/// use by another comparison, a clip without features, arms on different questions. Throws
/// c10::Error naming it.
void check_runs(const std::vector<PlannedRun>& runs, ExperimentData& data);

/// Those that are neither DONE nor, unless they are to be tried again, FAILED. What is left out
/// is said.
std::vector<PlannedRun> runs_to_do(const std::vector<PlannedRun>& runs, bool retry_failed,
                                   const Say& on_message);

}  // namespace vidqa::benchmarks
