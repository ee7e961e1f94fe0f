#include "pipeline/data/qa_dataset.h"

#include <utility>

#include "pipeline/data/collate.h"
#include "pipeline/data/seeded_random.h"

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

std::vector<double> QaDataset::seconds(int64_t index) const {
  return features_ ? features_->seconds(question(index)) : std::vector<double>();
}

models::Batch QaDataset::batch(const std::vector<int64_t>& indices,
                               std::optional<uint64_t> draw) const {
  std::vector<const Question*> questions;
  std::vector<VideoFeatures::Clip> clips;
  SeededRandom random({draw.value_or(0)});
  for (const int64_t index : indices) {
    questions.push_back(&question(index));
    if (!features_) continue;
    clips.push_back(features_->clip(*questions.back(),
                                    draw ? std::optional<uint64_t>(random.bits()) : std::nullopt));
  }
  if (!features_) return collate(questions, task_, clips);
  return collate(questions, task_, clips, features_->stream_names(), features_->shift());
}

}  // namespace vidqa::data
