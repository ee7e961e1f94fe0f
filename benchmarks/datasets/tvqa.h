#pragma once

#include "benchmarks/datasets/dataset.h"
#include "benchmarks/datasets/tvqa_records.h"
#include "benchmarks/datasets/tvqa_visual_concepts.h"

namespace vidqa::benchmarks {

/// How TVQA's text streams are cut, as published: to so many ids, the last <eos> included.
struct TvqaCaps {
  int64_t sub = 300;
  int64_t vcpt = 300;
};

/// One question as a model reads it, with the text streams `sub` (if `with_sub`) and `vcpt` (if
/// `concepts` is not null).
data::Question tvqa_question(const TvqaRecord& record, const data::Vocabulary& vocabulary,
                             bool with_sub, const TvqaVisualConcepts* concepts,
                             const TvqaCaps& caps = {});

/// Gives a question its question_ids, answer_ids and word_ids, by its text and candidates.
void encode_tvqa_question(const data::Vocabulary& vocabulary, data::Question& question);

/// Ids of clean subtitle lines (join_tvqa_lines()) and <eos>, cut as published.
std::vector<int64_t> encode_tvqa_subtitles(const std::string& clean_text,
                                           const data::Vocabulary& vocabulary,
                                           const TvqaCaps& caps = {});

/// Reads TVQA as released by Lei et al. (EMNLP 2018); the files are found as tvqa_files.h says.
///
///   tvqa_{train,val,test_public}.jsonl, subtitles, frame counts   the raw form, or
///   tvqa_{train,val,test_public}_processed.json   as the published preprocessing writes it (wins)
///   det_visual_concepts_hq                        stream vcpt
///   tvqa_imagenet_pool5_hq.h5, fixed_tvqa_c3d_fc6_features.hdf5, regional_features/100p.h5
///                                                 streams imagenet, motion, regional:
///                                                 L2-normalised, 480 rows at most, regional the 20
///                                                 best detections
///   word2idx.pickle, idx2word.pickle, vocab_embedding.pickle   vocabulary and word vectors of the
///                                                 published code; without them the vocabulary is
///                                                 built from the training split
///                                                 (tvqa_vocabulary.h)
///
/// Texts: question_ids and answer_ids end in <eos>, word_ids are both in a row, as HME on TVQA
/// reads them; with options.hard_restrict they are cut to 50, as published, and a note says how
/// many answers lose words. HME's pair of streams is imagenet (appearance) and motion, at most the
/// first 50 rows of the span. A question sees the annotated span of its clip (subtitle lines,
/// visual concepts, rows of features), or with options.full_length the whole. Types:
/// tvqa_question_type.h. test_public has no labels. A split whose file is missing is an error,
/// except test_public.
data::QaCorpus load_tvqa(const DatasetOptions& options, Faults& faults);

}  // namespace vidqa::benchmarks
