#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/run_results.h"

namespace vidqa::benchmarks {

/// A multiple-choice prediction with candidates "a", "b", ... of these scores; the first with the
/// largest is chosen, `right` is the place of the right one.
train::Prediction choice(const std::string& id, const std::vector<double>& scores, size_t right);

/// The same from the scores of streams, whose sums are the scores.
train::Prediction choice_of_streams(const std::string& id,
                                    const std::map<std::string, std::vector<double>>& stream_scores,
                                    size_t right);

/// Runs with predictions, about the questions of the first.
RunResults results_of(
    const std::vector<std::pair<std::string, std::vector<train::Prediction>>>& runs);

/// Runs of which only correctness is known, a '1' or '0' a question: {{"V", "1100"}}; ids are "1",
/// "2", ... and types as given, if any.
RunResults results_of(const std::vector<std::pair<std::string, std::string>>& runs,
                      const std::vector<std::string>& types = {});

}  // namespace vidqa::benchmarks
