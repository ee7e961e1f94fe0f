#pragma once

#include "benchmarks/datasets/dataset.h"

namespace vidqa::benchmarks {

enum class TgifTask { kAction, kTransition, kCount, kFrameQa };

/// Reads one task of TGIF-QA as released by Jang et al. (CVPR 2017).
///
///   {Train,Test}_<task>_question.csv   separated by tabs, see pipeline/data/csv_table.h
///     action, transition   gif_name question a1 a2 a3 a4 a5 answer vid_id key   answer 0..4: the
///     right candidate count                gif_name question answer vid_id key answer 0..10
///     frameqa              gif_name question answer type vid_id key description type 0 object .. 3
///     location
///   Vocabulary/word_to_index_<Task>.pkl, ans_to_index_FrameQA.pkl   optional; without them the
///   vocabulary and the answer set
///     are built from the training table, see tgif_vocabulary.h
///   Vocabulary/vocab_embedding_<Task>.pkl   optional: (V, 300), word vectors
///   TGIF_RESNET_pool5.hdf5, TGIF_C3D_fc6.hdf5   optional: appearance and motion, `/<key>` (n,
///   2048) and (n, 4096), or (2048) and (4096) for one row; both are cut to the shorter
///
/// Texts: question and candidate with <EOS> for multiple choice, else the question; at most 35
/// words, as published. Count labels are max(answer, 1), as published: the data set never holds a 1
/// and uses 0 for once. An answer of FrameQA that no class stands for is counted as wrong (the
/// published code took it for class 1). No validation split is released: it is drawn by clip, see
/// clip_split.h. (The published code drew it by question and without a seed, so that its questions
/// shared clips with training.) Features are found as `key` or `gif_name`. Types:
/// object/number/color/location, before/after, action, count.
data::QaCorpus load_tgif_qa(TgifTask task, const DatasetOptions& options);

/// Gives a question its word_ids: those of each candidate after the question's where there are any.
void encode_tgif_question(const data::Vocabulary& vocabulary, data::Question& question);

}  // namespace vidqa::benchmarks
