#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/task.h"
#include "pipeline/data/feature_options.h"
#include "pipeline/data/vocabulary.h"

namespace vidqa::data {

/// One question about one clip, whatever data set it comes from.
struct Question {
  /// Label of a question whose answer is outside the answer set: counted as wrong, never trained
  /// on.
  static constexpr int64_t kNoLabel = -1;

  std::string id;     ///< unique within a data set: MSVD-QA `id`, TGIF-QA `vid_id`
  std::string video;  ///< the clip, as people would name it
  /// Names under which the clip's rows may stand in a feature file, tried in this order (TGIF-QA:
  /// `key`, `gif_name`).
  std::vector<std::string> feature_keys;
  /// Row of the clip in dense arrays (N, T, D) such as MSVD-QA's /vgg and /c3d; -1: not in such a
  /// data set.
  int64_t feature_row = -1;

  std::string text;                     ///< the question as written
  std::vector<std::string> candidates;  ///< multiple choice only
  /// Word ids of what the model reads: one sequence a candidate for multiple choice, else one.
  std::vector<std::vector<int64_t>> word_ids;

  /// Where the model reads question and candidates apart (TVQA): ids of each, last the id of <eos>.
  std::vector<int64_t> question_ids;
  std::vector<std::vector<int64_t>> answer_ids;
  /// Word ids of the text streams (sub, vcpt) that this question sees, each at least one id long.
  std::map<std::string, std::vector<int64_t>> text_streams;
  /// Rows [first, last) of the clip's features that this question sees; unset: all.
  struct RowRange {
    int64_t first = 0;
    int64_t last = 0;
    /// Whether rows that the clip does not have are an error (EgoVQA). TVQA's spans may lie past
    /// the end, as published.
    bool must_exist = false;
  };
  std::optional<RowRange> feature_rows;

  std::string answer;  ///< the right answer as written
  /// Class in the answer set, index of the right candidate, or the count that the loss uses;
  /// kNoLabel if there is none.
  int64_t label = kNoLabel;
  std::string
      type;  ///< question type for per-type figures: what/who/..., object/number/colour/location
};

/// All that a released data set gives: questions of the three splits, their vocabulary and the
/// answer set.
struct QaCorpus {
  std::string name;  ///< as on the command line: msvd-qa, tgif-action, ...
  models::Task task = models::Task::kOpenEnded;
  Vocabulary vocabulary;
  std::vector<std::string> answers;  ///< open-ended: class id -> answer; empty otherwise
  std::vector<Question> train;       ///< every label valid
  std::vector<Question> val;
  std::vector<Question> test;
  int64_t max_frames = 20;  ///< time steps at most that the published model reads
  /// Feature streams by name whose files stand beside the annotations (TVQA).
  std::vector<FeatureStreamOptions> feature_streams;
  /// Appearance and motion where their files stand beside the annotations.
  std::optional<FeaturePairFiles> feature_pair;
  FrameSampling sampling = FrameSampling::kEven;  ///< where a clip has more than max_frames rows
  /// File of word vectors that stands beside the annotations (WordVectorOptions::path).
  std::optional<std::string> word_vectors;
  /// Vectors of words that such a file lacks, as published (WordVectorOptions).
  double unknown_word_deviation = 1;
  bool unknown_word_mean = false;
  bool scored_by_wups = false;  ///< open-ended: answers are phrases, WUPS is the published figure
  /// Facts that a reader should be told once: dropped records, how the validation split was made,
  /// ...
  std::vector<std::string> notes;
};

}  // namespace vidqa::data
