#pragma once

#include "pipeline/data/question.h"

namespace vidqa::benchmarks {

/// For open-ended tasks: removes training questions whose answer is outside the answer set, as
/// published, keeps those of the other splits (they count as wrong), and adds notes with the
/// numbers. Throws c10::Error when no training question remains.
void apply_answer_set(data::QaCorpus& corpus);

}  // namespace vidqa::benchmarks
