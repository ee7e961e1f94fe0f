#pragma once

#include <vector>

#include "pipeline/data/question.h"

namespace vidqa::benchmarks {

/// What answers without a model are worth: the primary metric of every one of `questions`, in order
/// (accuracy as 0..1, Count: squared error).

/// Expected value of an answer drawn uniformly: from the answer set (open-ended: 1/C, 0 where the
/// right answer is outside it), from the candidates (1/A), from 1..10 (Count: the expected squared
/// error).
std::vector<double> chance_values(const data::QaCorpus& corpus,
                                  const std::vector<data::Question>& questions);

/// The answer that was right most often among training questions of the same type; of all types
/// where the type is new. Open-ended: a class, the lower id on ties. Multiple choice: the candidate
/// whose text was right most often, the first on ties. Count: the most frequent count, the lower on
/// ties (TGIF-QA: 2, whose published MSE of 7.78 is over counts of 0 to 10; here 0 counts as 1, as
/// for the loss, and the MSE is 7.01).
std::vector<double> most_frequent_values(const data::QaCorpus& corpus,
                                         const std::vector<data::Question>& questions);

/// Count: the mean squared error of always answering the mean of the training counts, a stronger
/// constant than the most frequent one.
double mean_count_mse(const data::QaCorpus& corpus, const std::vector<data::Question>& questions);

}  // namespace vidqa::benchmarks
