#include "pipeline/data/qa_dataset.h"

#include <unordered_set>
#include <utility>

#include "pipeline/data/collate.h"

namespace vidqa::data {

QaDataset::QaDataset(std::vector<Question> questions, models::Task task,
                     std::shared_ptr<VideoFeatures> features)
    : questions_(std::move(questions)), task_(task), features_(std::move(features)) {}

void QaDataset::check_features() const {
  if (!features_) return;
  std::unordered_set<std::string> seen;
  for (const Question& question : questions_)
    if (seen.insert(question.video).second) features_->clip(question);
}

models::Batch QaDataset::batch(const std::vector<int64_t>& indices) const {
  std::vector<const Question*> questions;
  std::vector<const VideoFeatures::Clip*> clips;
  for (const int64_t index : indices) {
    questions.push_back(&question(index));
    if (features_) clips.push_back(&features_->clip(*questions.back()));
  }
  return collate(questions, task_, clips);
}

}  // namespace vidqa::data
