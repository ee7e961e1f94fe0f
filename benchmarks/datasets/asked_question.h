#pragma once

#include <string>
#include <vector>

#include "benchmarks/datasets/dataset.h"

namespace vidqa::benchmarks {

/// A question that somebody asks about a clip that is not in the data set.
struct AskedQuestion {
  std::string text;
  std::vector<std::string> candidates;  ///< multiple choice only
  std::string subtitles;                ///< .srt file of the clip; empty: none
};

/// The question with the words that a model of this corpus reads. The whole clip is seen, and all
/// its subtitles; `video` and `feature_keys` are the caller's to set. `options` are those with
/// which the corpus was loaded.
///
/// Throws c10::Error saying what to give instead: candidates are missing, or there is no place for
/// them; a number of candidates that the data set does not have; a text without words; no subtitles
/// where a stream of them is read, or subtitles where none is; a corpus with visual concepts, which
/// nothing here detects.
data::Question read_asked_question(const data::QaCorpus& corpus, const DatasetOptions& options,
                                   const AskedQuestion& asked);

}  // namespace vidqa::benchmarks
