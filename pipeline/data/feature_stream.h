#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <torch/types.h>

#include "features/feature_store.h"
#include "pipeline/data/clip_cache.h"
#include "pipeline/data/feature_options.h"
#include "pipeline/data/pickled_clips.h"
#include "pipeline/data/question.h"
#include "pipeline/data/region_file.h"
#include "pipeline/data/row_norm.h"

namespace vidqa::data {

/// One feature file seen as one stream: finds the rows that a question sees, checks them and makes
/// them ready for a model. Errors (c10::Error) name file and clip: a missing clip (with the names
/// that were tried), another width than the clips before it, no rows, NaN or Inf, fewer rows than a
/// question with RowRange::must_exist asks for. Not thread-safe.
class FeatureStream {
 public:
  /// `cache`: where whole clips are kept; null: nowhere.
  explicit FeatureStream(FeatureStreamOptions options, std::shared_ptr<ClipCache> cache = nullptr);

  const std::string& name() const { return options_.name; }
  const std::string& path() const { return options_.path; }

  /// Clips of this file, one data set each, come before those of path(): for clips that are not in
  /// the data set. What fit() found stays. Only where rows of HDF5 are read.
  void add_clips(const std::string& path);

  /// Takes the statistics that the norm needs over the clips of `train`.
  void fit(const std::vector<Question>& train);

  /// What a model reads: (n, D) float32, at most max_rows (regions: at most top_regions),
  /// normalised. Where the question sees no row: one of zeros (regions: two, as published).
  torch::Tensor read(const Question& question);

  /// The rows that the question sees, uncut and as stored: (n, D), n >= 0.
  torch::Tensor rows(const Question& question);
  /// The same of its whole clip, n >= 1.
  torch::Tensor clip(const Question& question);

  /// Seconds of rows(): n; empty where the file has no times.
  std::vector<double> seconds(const Question& question) const;

  /// Checks the question's clip, every value of it once (regions: that it is there), and notes the
  /// question if it sees no row.
  void check(const Question& question);

  /// Rows of a clip (regions: its last frame) that was read or checked; throws for another.
  int64_t num_rows(const std::string& video) const { return num_rows_.at(video); }

  /// Questions met so far that see no row, as "<id> (<clip>, rows 209 to 279 of 191)", in the order
  /// in which they were met.
  const std::vector<std::string>& blind_questions() const { return blind_questions_; }

  /// D; throws before a clip was read.
  int64_t dim() const;

 private:
  torch::Tensor find(const Question& question) const;
  torch::Tensor regions(const Question& question);
  std::string missing_message(const Question& question) const;
  /// The part of rows 0 .. num_rows - 1 that a question sees.
  Question::RowRange visible_rows(const Question& question, int64_t num_rows) const;
  void note_if_blind(const Question& question, bool is_blind, int64_t num_rows);

  FeatureStreamOptions options_;
  std::shared_ptr<ClipCache> cache_;
  std::unique_ptr<features::FeatureReader> rows_file_;    ///< kRows
  std::unique_ptr<features::FeatureReader> added_clips_;  ///< null: none
  std::unique_ptr<PickledClips> pickles_;                 ///< kRows, where the path is a folder
  std::unique_ptr<RegionFile> region_file_;               ///< kRegions
  std::vector<std::string> dense_arrays_;                 ///< those of the file
  RowNorm norm_;
  int64_t dim_ = -1;
  std::unordered_map<std::string, int64_t> num_rows_;  ///< of the clips that were read
  std::vector<std::string> blind_questions_;
  std::unordered_set<std::string> blind_ids_;
};

/// Questions about different clips, one each, ordered by the clip's name: so that sums over clips
/// do not depend on the order of questions. The whole clip is seen.
std::vector<Question> one_question_per_clip(const std::vector<Question>& questions);

}  // namespace vidqa::data
