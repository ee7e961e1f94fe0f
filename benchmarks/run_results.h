#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/train/predictions.h"

namespace vidqa::benchmarks {

/// A question that runs have answered. What is not known is empty.
struct EvaluatedQuestion {
  std::string id;
  std::string video;
  std::string type;  ///< "what", or with a sub-type "what/when"
};

/// What one run made of the questions.
struct RunResult {
  std::string name;
  std::vector<bool> correct;  ///< a question
  /// Its lines of predictions.jsonl, a question each; empty when only correctness is known.
  std::vector<train::Prediction> predictions;
};

/// Several runs on the same questions: what every comparison of finished runs and every analysis
/// starts from.
struct RunResults {
  std::vector<EvaluatedQuestion> questions;
  std::vector<RunResult> runs;
  std::vector<std::string> notes;  ///< what a reader of figures about them must know

  /// Throws c10::Error listing the names of all runs when there is none of that name.
  const RunResult& find(const std::string& name) const;
  bool have_types() const;  ///< of every question
};

/// Names between commas, "a, b", without blanks around them; none of a blank text. Throws
/// c10::Error when one is missing.
std::vector<std::string> split_names(const std::string& text);

/// A run to read and what to call it.
struct RunSource {
  std::string name;
  /// A path; or several between commas, whose questions are pooled, as EgoVQA's three splits are.
  /// A question of the second path is then called "2/<id>".
  std::string path;
};

/// "NAME=PATH", or "PATH", whose name is then the path as it stands (an existing path may contain
/// "=").
RunSource parse_run_source(const std::string& text);

/// Reads run folders (their predictions of `split`, "test" or "val") or files of the form of
/// predictions.jsonl. Questions stand in the order of the first run. Throws c10::Error naming run
/// and questions (the first ten) when one run has other questions or right answers than the first,
/// has a question twice, or two runs are called the same.
RunResults read_runs(const std::vector<RunSource>& sources, const std::string& split);

/// Which questions a results file is about: those given, or so many with ids from `first_id` on, or
/// so many of which the ids that no run lists are unknown.
struct QuestionRange {
  std::vector<EvaluatedQuestion> questions;
  std::optional<int64_t> total;
  std::optional<int64_t> first_id;
};

/// Reads a JSON object {run name: [ids of the questions answered correctly]}, ids integers or
/// strings. A question that no run lists counts as answered wrongly by all. Throws c10::Error
/// naming run and id when an id is listed twice or is not among the questions.
RunResults read_results_file(const std::string& path, const QuestionRange& range);

/// One JSON object a line with `qid` and, where known, `video` and `type`, such as the
/// predictions.jsonl of any run; or TVQA's annotations, with `vid_name` and `q`, whose type and
/// sub-type are "what/when" (datasets/tvqa_question_type.h). Throws c10::Error naming the line.
std::vector<EvaluatedQuestion> read_questions(const std::string& path);

/// Replaces what is known of the questions of `results`; throws c10::Error naming a question that
/// is not among `questions`, which may be more.
void describe_questions(RunResults& results, const std::vector<EvaluatedQuestion>& questions);

}  // namespace vidqa::benchmarks
