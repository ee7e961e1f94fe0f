#include "benchmarks/datasets/clip_split.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_set>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "pipeline/data/seeded_random.h"

namespace vidqa::benchmarks {
namespace {

std::set<std::string> clips_of(const std::vector<data::Question>& questions) {
  std::set<std::string> clips;
  for (const data::Question& question : questions) clips.insert(question.video);
  return clips;
}

void note_shared_clips(data::QaCorpus& corpus, const char* split,
                       const std::vector<data::Question>& questions) {
  const std::set<std::string> train = clips_of(corpus.train);
  int64_t shared = 0;
  for (const std::string& clip : clips_of(questions))
    shared += static_cast<int64_t>(train.count(clip));
  if (shared > 0)
    corpus.notes.push_back(
        fmt::format("{} clips of the {} split are also in the training split", shared, split));
}

}  // namespace

void draw_validation_split(data::QaCorpus& corpus, double share, uint64_t seed) {
  TORCH_CHECK(share > 0 && share < 1, corpus.name,
              ": the validation share must lie between 0 and 1, got ", share);
  const std::set<std::string> sorted = clips_of(corpus.train);
  std::vector<std::string> clips(sorted.begin(),
                                 sorted.end());  // sorted: the order of the file does not matter
  TORCH_CHECK(clips.size() >= 2, corpus.name,
              ": drawing a validation split needs two training clips, got ", clips.size());
  data::SeededRandom({seed}).shuffle(clips);
  const auto count = static_cast<int64_t>(clips.size());
  const int64_t drawn =
      std::clamp<int64_t>(std::llround(share * static_cast<double>(count)), 1, count - 1);
  const std::unordered_set<std::string> val_clips(clips.begin(), clips.begin() + drawn);

  std::vector<data::Question> train;
  for (data::Question& question : corpus.train) {
    auto& side = val_clips.count(question.video) != 0 ? corpus.val : train;
    side.push_back(std::move(question));
  }
  corpus.train = std::move(train);
  corpus.notes.push_back(fmt::format(
      "no validation split is released: {} questions about {} of the {} training clips were drawn "
      "with seed {}; {} questions remain for training",
      corpus.val.size(), drawn, count, seed, corpus.train.size()));
}

void note_shared_clips(data::QaCorpus& corpus) {
  note_shared_clips(corpus, "validation", corpus.val);
  note_shared_clips(corpus, "test", corpus.test);
}

}  // namespace vidqa::benchmarks
