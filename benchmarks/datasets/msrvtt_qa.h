#pragma once

#include "benchmarks/datasets/dataset.h"

namespace vidqa::benchmarks {

/// Reads MSRVTT-QA as released by Xu et al. (MM 2017): the files of xu_release.h; the records also
/// have "category_id", which is not read. vocab.txt and answer_set.txt are not part of the release
/// (the authors' code makes them): where neither is there, the answer set is made of the
/// options.answer_set_size most frequent training answers and the vocabulary of the training
/// questions (built_vocabulary.h).
///
/// Clips are called video<N>, N = video_id from 0. Features are found as video<N>, <N>, or as row N
/// of dense arrays.
data::QaCorpus load_msrvtt_qa(const DatasetOptions& options);

}  // namespace vidqa::benchmarks
