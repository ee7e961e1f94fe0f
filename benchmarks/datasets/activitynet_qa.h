#pragma once

#include "benchmarks/datasets/dataset.h"

namespace vidqa::benchmarks {

/// Reads ActivityNet-QA as released by Yu et al. (AAAI 2019).
///
///   {train,val,test}_q.json   array of {"video_name", "question", "question_id"}
///   {train,val,test}_a.json   array of {"answer", "type", "question_id"}, in any order
///
/// Types: 0 motion, 1 spatial, 2 temporal, 3 yes/no, 4 color, 5 object, 6 location, 7 number,
/// 8 other. The answer set is made of the options.answer_set_size most frequent training answers,
/// the vocabulary of the training questions (built_vocabulary.h); words: plain_words() of
/// pipeline/data/tokenizer.h. Without test_a.json no test question has an answer. Features are
/// found as v_<video_name>, as ActivityNet names its files, or <video_name>. Throws c10::Error
/// naming file and record.
data::QaCorpus load_activitynet_qa(const DatasetOptions& options);

}  // namespace vidqa::benchmarks
