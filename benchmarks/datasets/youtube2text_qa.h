#pragma once

#include "benchmarks/datasets/dataset.h"

namespace vidqa::benchmarks {

/// Reads YouTube2Text-QA in the form in which EgoVQA releases it for pre-training (folder
/// data_zhqa).
///
///   {train,val,test}_qa_encode.json   array of {"id", "video_id", "VideoID", "Question", "Type",
///                                     "Candidates" (4 words), "Answer", "answer_encode" 0..3}, and
///                                     optionally "question_encode" "2,12,3", "candidate_encode"
///                                     [8, 16, 37, 36]
///   vocab.txt                         as EgoVQA's
///   word_embedding.npy                optional: (V, 300), word vectors
///   video_feature_20.h5               optional: /vgg and /c3d (N, 20, 4096), row video_id - 1
///
/// Texts: the question and one candidate word, in lower case. The right answer is always the first
/// candidate of the release. Scores that are equal count as the first of them, so a model that
/// gives equal scores would seem to be always right: the candidates are therefore read from the
/// last to the first, and ties count as wrong. Features are found as <VideoID>, vid<N>, <N>, or by
/// row; appearance and motion as for EgoVQA. Faults of records go to `faults`.
data::QaCorpus load_youtube2text_qa(const DatasetOptions& options, Faults& faults);

/// Gives a question its word_ids where no encodings are released: for each candidate the question's
/// words and that of the candidate.
void encode_youtube2text_question(const data::Vocabulary& vocabulary, data::Question& question);

}  // namespace vidqa::benchmarks
