#include "benchmarks/datasets/tvqa_hme.h"

#include <fmt/format.h>

namespace vidqa::benchmarks {
namespace {

constexpr int64_t kHmeFrames = 50;  // time steps and memory slots
constexpr size_t kHmeWords = 50;

}  // namespace

void set_hme_streams(data::QaCorpus& corpus) {
  corpus.max_frames = kHmeFrames;
  corpus.sampling = data::FrameSampling::kFirst;
  const data::FeatureStreamOptions* imagenet = nullptr;
  const data::FeatureStreamOptions* motion = nullptr;
  for (const data::FeatureStreamOptions& stream : corpus.feature_streams) {
    if (stream.name == "imagenet") imagenet = &stream;
    if (stream.name == "motion") motion = &stream;
  }
  if (imagenet != nullptr && motion != nullptr)
    corpus.feature_pair = data::FeaturePairFiles{imagenet->path, motion->path, imagenet->norm};
}

int64_t restrict_hme_words(data::Question& question) {
  int64_t cut = 0;
  for (std::vector<int64_t>& ids : question.word_ids) {
    if (ids.size() <= kHmeWords) continue;
    ids.resize(kHmeWords);
    ++cut;
  }
  return cut;
}

void restrict_hme_words(data::QaCorpus& corpus) {
  int64_t cut = 0;
  for (auto* questions : {&corpus.train, &corpus.val, &corpus.test})
    for (data::Question& question : *questions) cut += restrict_hme_words(question);
  corpus.notes.push_back(
      fmt::format("question with answer is cut to {} word ids, as published: {} answers lose words",
                  kHmeWords, cut));
}

}  // namespace vidqa::benchmarks
