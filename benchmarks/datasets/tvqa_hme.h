#pragma once

#include "pipeline/data/question.h"

namespace vidqa::benchmarks {

/// What HME, as arXiv 2012.10285 runs it on TVQA, reads of the data set: at most the first 50 rows
/// of a span, of imagenet as appearance and motion (C3D) as motion, each row L2-normalised, both
/// cut to the shorter. Sets QaCorpus::max_frames, sampling, and, where both streams are among
/// feature_streams, feature_pair.
void set_hme_streams(data::QaCorpus& corpus);

/// Cuts word_ids, question with answer, to 50 as the published runs did (--hard_restrict), and
/// notes how many answers lose words. What other models read stays.
void restrict_hme_words(data::QaCorpus& corpus);
/// The same of one question; the number of answers that lose words.
int64_t restrict_hme_words(data::Question& question);

}  // namespace vidqa::benchmarks
