#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/data/question.h"

namespace vidqa::benchmarks {

/// Moves the questions of `share` of the clips (at least one clip, and at least one stays) from
/// corpus.train to corpus.val and adds a note that says so. Clips are drawn by `seed`; all
/// questions of a clip go to the same side, since questions about one clip share their answers.
/// Throws c10::Error unless 0 < share < 1 and there are two clips.
void draw_validation_split(data::QaCorpus& corpus, double share, uint64_t seed);

/// Adds a note when clips of one split stand in another as well: figures of such splits say little.
void note_shared_clips(data::QaCorpus& corpus);

}  // namespace vidqa::benchmarks
