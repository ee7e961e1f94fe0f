#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "benchmarks/experiment.h"

namespace vidqa::benchmarks {

/// What a data set amounts to, for those who do not have it yet: what a run would cost.
struct TypicalData {
  DataSizes sizes;
  int64_t train_questions = 0;
  int64_t val_questions = 0;
  int64_t candidates = 1;  ///< multiple choice: answers of a question; else 1
  // Steps of a typical question.
  int64_t words = 0;         ///< the question, with a candidate where there are any
  int64_t answer_words = 0;  ///< of a candidate that stands apart
  int64_t frames = 0;        ///< of appearance and motion
  std::map<std::string, int64_t> stream_steps;  ///< TVQA: of each stream
};

/// Published or, of the annotations in circulation, counted: msvd-qa, tgif-*, ego-vqa and tvqa.
/// Lengths, and the vocabulary of TVQA, which depends on who builds it, are round figures. Throws
/// c10::Error for the others, of which none are known here.
TypicalData typical_data(const std::string& dataset);

/// The same of data that is there; steps are those of the first training question.
TypicalData typical_data(const ExperimentOptions& options, const LoadedData& data);

/// A batch of one question of these lengths, with random contents and label 0.
models::Batch typical_question(const ExperimentOptions& options, const TypicalData& data);

}  // namespace vidqa::benchmarks
