#pragma once

#include <cstddef>
#include <vector>

#include "pipeline/train/predictions.h"

namespace vidqa::benchmarks {

/// Places, among the candidates of a multiple-choice prediction (Prediction::scores), of the one
/// that was chosen and of the right one. Candidates may have equal texts: of those, the chosen one
/// is the first that has the score of the prediction, and the right one is the chosen one exactly
/// when the prediction was correct.
///
/// Both throw c10::Error naming the question when there is no such candidate: then the prediction
/// is not multiple choice.
size_t chosen_candidate(const train::Prediction& prediction);
size_t right_candidate(const train::Prediction& prediction);

/// Place of the largest score, the first of several.
size_t best_candidate(const std::vector<double>& scores);

}  // namespace vidqa::benchmarks
