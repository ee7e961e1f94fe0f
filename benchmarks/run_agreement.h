#pragma once

#include <optional>
#include <string>
#include <vector>

#include "benchmarks/figure_table.h"
#include "benchmarks/run_results.h"

namespace vidqa::benchmarks {

/// For every pair of runs, how many questions both answer correctly of those that either does
/// (intersection over union); empty where both answer none. Columns: run, one a run.
FigureTable overlap_matrix(const RunResults& results);

/// For every pair of runs, the share of questions to which they give the same answer, right or
/// wrong. Throws c10::Error when the answers of a run are not known.
FigureTable agreement_matrix(const RunResults& results);

/// Which runs vote.
struct VoteOptions {
  std::vector<std::string> runs;         ///< empty: all
  std::optional<double> accuracy_below;  ///< of these, only those with a lower accuracy, 0..1
};

/// The answer that most of the runs give, the first candidate on ties: its accuracy with a Wilson
/// interval, after that of every voter. Columns: run, accuracy, low, high. Throws c10::Error when
/// answers are not known, not multiple choice, the candidates differ, or no run may vote.
FigureTable popular_vote(const RunResults& results, const VoteOptions& options);

}  // namespace vidqa::benchmarks
