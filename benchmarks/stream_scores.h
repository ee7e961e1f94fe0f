#pragma once

#include <string>
#include <vector>

#include "benchmarks/figure_table.h"
#include "benchmarks/run_results.h"

namespace vidqa::benchmarks {

/// What happens to trained models when streams are switched off at test time: their scores are left
/// out of the sum, and the answer is the candidate with the largest remaining sum, the first of
/// several (arXiv 2012.10210). Models are read from the stream_scores of their predictions.
///
/// `left_out`: which streams to leave out together, a row each for every run; empty: each alone,
/// and all others but each. Columns: run, left out, accuracy, difference to the sum of all.
/// Throws c10::Error when a run has no stream scores, or no stream of a name, or none would be
/// left.
FigureTable leave_streams_out(const RunResults& results,
                              const std::vector<std::vector<std::string>>& left_out);

/// How the scores of every stream are distributed over the candidates that the model chose rightly
/// (TP) or wrongly (FP), passed over rightly (TN) or wrongly (FN): what a violin plot draws.
/// Columns: run, stream, candidates, number, mean, sd and quantiles in steps of 5 % (people read
/// seven of them). A candidate is TP, ... by the answer of the whole model.
FigureTable stream_score_distributions(const RunResults& results);

}  // namespace vidqa::benchmarks
