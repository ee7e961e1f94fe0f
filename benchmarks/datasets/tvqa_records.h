#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "benchmarks/datasets/faults.h"
#include "benchmarks/datasets/tvqa_frame_counts.h"
#include "benchmarks/datasets/tvqa_localization.h"
#include "benchmarks/datasets/tvqa_subtitles.h"
#include "pipeline/data/question.h"

namespace vidqa::benchmarks {

inline constexpr size_t kTvqaAnswers = 5;

/// One TVQA question with the part of its clip's context that is read.
struct TvqaRecord {
  std::string where;  ///< "<path>: line 17", for messages
  int64_t qid = 0;
  std::string video;                              ///< `vid_name`
  std::string question;                           ///< as written in the file
  std::array<std::string, kTvqaAnswers> answers;  ///< as written in the file
  std::string clean_question;                     ///< after data::tvqa_clean()
  std::array<std::string, kTvqaAnswers> clean_answers;
  int64_t answer_idx = data::Question::kNoLabel;
  std::string family;  ///< what the question needs, in the synthetic data set; else empty
  /// Clean subtitle lines, " <eos> " between them: those of the span, or all. Empty unless asked
  /// for.
  std::string subtitles;
  std::optional<data::Question::RowRange> frames;  ///< `located_frame`; unset unless asked for
  bool has_default_span = false;                   ///< `ts` is NaN
};

/// What of a question's context is read.
struct TvqaContext {
  bool full_length = false;  ///< the whole clip, else the annotated span ("with_ts")
  bool subtitles = true;
  bool frames = true;  ///< where the span lies among the frames; meaningless for the whole clip
};

/// Where the context of the raw form comes from; either may be null, and is then left out.
struct TvqaSources {
  TvqaSubtitles* subtitles = nullptr;
  TvqaFrameCounts* frame_counts = nullptr;
};

/// Subtitle lines with " <eos> " between them.
std::string join_tvqa_lines(const std::vector<std::string>& lines);

/// A record of `tvqa_<split>.jsonl` as the published preprocessing writes it to
/// `tvqa_<split>_processed.json`: its keys with clean q, a0 .. a4, `ts` as [start, end], and
/// sub_text, sub_time, located_sub_text, located_frame. Errors begin with `where`.
nlohmann::json process_tvqa(const nlohmann::json& raw, const TvqaSources& sources,
                            const std::string& where);

/// The questions of `tvqa_<split>.jsonl`, in its order. Throws c10::Error, or hands to `faults` and
/// leaves out, a record that misses a key or a value of its type, has other than five answers, an
/// answer_idx outside 0 .. 4, an unreadable ts, the qid of an earlier record, or whose clip has
/// no subtitles or number of frames.
std::vector<TvqaRecord> read_tvqa_questions(const std::string& path, const TvqaContext& context,
                                            const TvqaSources& sources, Faults& faults);

/// The same of `tvqa_<split>_processed.json`.
std::vector<TvqaRecord> read_tvqa_processed(const std::string& path, const TvqaContext& context,
                                            Faults& faults);

/// Writes the processed form of `questions` (.jsonl) to `output`, a JSON list that the published
/// code reads; returns the number of records. Throws on the first fault and leaves no file.
int64_t write_tvqa_processed(const std::string& questions, const TvqaSources& sources,
                             const std::string& output);

}  // namespace vidqa::benchmarks
