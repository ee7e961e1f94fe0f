#pragma once

#include "benchmarks/datasets/dataset.h"

namespace vidqa::benchmarks {

/// Reads MSVD-QA as released by Xu et al. (MM 2017), or any data set in that format.
///
///   {train,val,test}_qa.json   array of {"answer", "id", "question", "video_id"}
///   vocab.txt                  a word a line, id = line number from 0; the line <UNK> stands for
///   all others answer_set.txt             an answer a line, class = line number from 0
///   youtube_mapping.txt        "<clip name> vid<N>" a line, N = video_id
///
/// Words: msvd_words() of pipeline/data/tokenizer.h. The type of a question is its first word. As
/// published, training questions whose answer is outside the answer set are dropped (a note says
/// how many); those of the other splits stay and count as wrong. Features are found as <clip name>,
/// vid<N>, <N>, or as row N - 1 of dense arrays.
data::QaCorpus load_msvd_qa(const DatasetOptions& options);

}  // namespace vidqa::benchmarks
