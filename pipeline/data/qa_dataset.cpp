#include "pipeline/data/qa_dataset.h"

#include <utility>

#include "pipeline/data/collate.h"

namespace vidqa::data {

QaDataset::QaDataset(std::vector<Question> questions, models::Task task,
                     std::shared_ptr<VideoFeatures> features)
    : questions_(std::make_shared<const std::vector<Question>>(std::move(questions))),
      task_(task),
      features_(std::move(features)) {}

QaDataset::QaDataset(const std::vector<Question>* questions, models::Task task,
                     std::shared_ptr<VideoFeatures> features)
    : questions_(std::shared_ptr<const void>(), questions),  // not owned
      task_(task),
      features_(std::move(features)) {}

void QaDataset::check_features() const {
  if (!features_) return;
  for (const Question& question : *questions_) features_->check(question);
}

models::Batch QaDataset::batch(const std::vector<int64_t>& indices) const {
  std::vector<const Question*> questions;
  std::vector<VideoFeatures::Clip> clips;
  for (const int64_t index : indices) {
    questions.push_back(&question(index));
    if (features_) clips.push_back(features_->clip(*questions.back()));
  }
  return collate(questions, task_, clips,
                 features_ ? features_->stream_names() : std::vector<std::string>());
}

}  // namespace vidqa::data
