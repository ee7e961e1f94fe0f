#pragma once

#include "benchmarks/datasets/dataset.h"

namespace vidqa::benchmarks {

enum class NextQaTask { kMultipleChoice, kOpenEnded };

/// Reads NExT-QA as released by Xiao et al. (CVPR 2021). Both tasks come as tables separated by
/// commas, under the same names in different folders:
///
///   {train,val,test}.csv   video,frame_count,width,height,question,answer,qid,type
///     multiple choice      ...,a0,a1,a2,a3,a4; answer 0..4: the right candidate
///     open-ended           answer: a phrase
///
/// `qid` is unique within a video: ids are <video>_<qid>. Types as released: CW why, CH how, TN
/// next, TP previous, TC current, DL location, DB yes or no, DC count, DO other. The vocabulary is
/// made of the training split, and the open-ended answer set of its options.answer_set_size most
/// frequent answers (built_vocabulary.h); words: plain_words() of pipeline/data/tokenizer.h. (The
/// published open-ended models generate the phrase word by word; here it is a class. WUPS, the
/// published figure, is that of pipeline/train/wups.h; the published evaluation also removes stop
/// words by a list that is not released, takes the first meaning of a word alone, and scores types
/// DB and DC by equality.) Features are found as <video>. Throws c10::Error naming file and line.
data::QaCorpus load_next_qa(NextQaTask task, const DatasetOptions& options);

}  // namespace vidqa::benchmarks
