#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/batch.h"
#include "pipeline/data/question.h"
#include "pipeline/data/video_features.h"

namespace vidqa::data {

/// The questions of one split together with the features of their clips: what a training loop
/// reads.
class QaDataset {
 public:
  /// `features` may be null: then batches hold text only (question-only models).
  QaDataset(std::vector<Question> questions, models::Task task,
            std::shared_ptr<VideoFeatures> features);
  /// The same without a copy of `*questions`, which must outlive the data set.
  QaDataset(const std::vector<Question>* questions, models::Task task,
            std::shared_ptr<VideoFeatures> features);

  int64_t size() const { return static_cast<int64_t>(questions_->size()); }
  const Question& question(int64_t index) const {
    return questions_->at(static_cast<size_t>(index));
  }
  const std::vector<Question>& questions() const { return *questions_; }
  models::Task task() const { return task_; }

  /// Reads every clip once, so that a missing or broken one is found before training starts. What a
  /// user should be told is in VideoFeatures::warnings() afterwards.
  void check_features() const;

  /// VideoFeatures::seconds() of a question; empty without features.
  std::vector<double> seconds(int64_t index) const;

  /// The batch of these questions, padded to its own longest text and clip
  /// (pipeline/data/collate.h). In training, `draw` decides what is left to chance: which rows of a
  /// segment are seen (VideoFeatures::clip()). Unset: nothing is.
  models::Batch batch(const std::vector<int64_t>& indices,
                      std::optional<uint64_t> draw = std::nullopt) const;

 private:
  std::shared_ptr<const std::vector<Question>> questions_;
  models::Task task_;
  std::shared_ptr<VideoFeatures> features_;
};

}  // namespace vidqa::data
