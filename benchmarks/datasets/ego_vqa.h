#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/datasets/dataset.h"

namespace vidqa::benchmarks {

/// Reads EgoVQA as released by Fan (ICCV 2019 workshops).
///
///   qa_data.json     array of {"video", "cam", "video_cam", "start", "end", "question", "answer",
///                    "a1".."a5", "label" 0..4}, and optionally the word ids "question_encode",
///                    "a1_encoder".."a5_encoder"; start and end are frames, end included
///   data_split.json  three splits, each [train, val, test] of video_cam; options.ego_split
///   chooses.
///                    Questions on other videos are not used
///   vocab.txt        a word a line, id = line number from 0
///   word_embedding.npy                 optional: (V, 300), word vectors
///   feats/{vgg,c3d}_<video_cam>.pkl    optional: one row a frame (pipeline/data/pickled_clips.h)
///
/// Word ids are the released ones, else those of ego_word_ids(). Texts: question, then candidate,
/// with options.candidate_padding. A question sees the rows of its segment, and of a long one those
/// of segment_rows() of pipeline/data/frame_sampling.h; a segment that reaches past the clip is an
/// error. Appearance is C3D and motion VGG, exchanged as in the released code, so that its weights
/// fit. Types: ego_question_type(). A question's id is its record's number in qa_data.json, from 1.
/// Faults of records go to `faults`.
data::QaCorpus load_ego_vqa(const DatasetOptions& options, Faults& faults);

/// Ids by the released rule: question marks at the end dropped, split at whitespace, lower case; a
/// word that is not in the vocabulary is looked up without a final "s", then without a final "ing".
std::vector<int64_t> ego_word_ids(const std::string& text, const data::Vocabulary& vocabulary);

/// 1_action_1st, 2_action_3rd, 3_what_obj_1st, 3_what_obj_3rd, 4_who_1st, 4_who_3rd, 5_count,
/// 6_what_color or 7_other, by the released rules.
std::string ego_question_type(const std::string& question);

/// Ids of every candidate after those of the question. kAsPublished: all as long as the longest, id
/// 0 (in the released vocabulary the word "what") standing in and being read; kExact: as long as
/// they are.
std::vector<std::vector<int64_t>> join_candidates(
    const std::vector<int64_t>& question, const std::vector<std::vector<int64_t>>& candidates,
    CandidatePadding padding);

}  // namespace vidqa::benchmarks
