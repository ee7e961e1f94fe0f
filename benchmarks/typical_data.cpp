#include "benchmarks/typical_data.h"

#include <algorithm>
#include <vector>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <torch/types.h>

#include "benchmarks/experiment_choices.h"

namespace vidqa::benchmarks {
namespace {

using models::Task;

constexpr int64_t kVgg = 4096;     // fc7
constexpr int64_t kC3d = 4096;     // fc6
constexpr int64_t kResnet = 2048;  // pool5

TypicalData tgif(const std::string& task, Task kind, int64_t vocabulary, int64_t train) {
  TypicalData data;
  data.sizes.dataset = "tgif-" + task;
  data.sizes.task = kind;
  data.sizes.vocabulary = vocabulary;
  data.sizes.num_classes = kind == Task::kOpenEnded ? 1746 : 0;
  data.sizes.appearance_dim = kResnet;
  data.sizes.motion_dim = kC3d;
  // A tenth of the released training questions is the validation split.
  data.val_questions = train / 10;
  data.train_questions = train - data.val_questions;
  data.candidates = kind == Task::kMultipleChoice ? 5 : 1;
  data.words = 12;
  data.frames = 35;
  return data;
}

TypicalData msvd() {
  TypicalData data;
  data.sizes = {"msvd-qa", Task::kOpenEnded, 4000, 1000, kVgg, kC3d, {}, false};
  data.train_questions = 30933;
  data.val_questions = 6415;
  data.words = 7;
  data.frames = 20;
  return data;
}

TypicalData ego() {
  TypicalData data;
  data.sizes = {"ego-vqa", Task::kMultipleChoice, 4000, 0, kVgg, kC3d, {}, false};
  data.train_questions = 276;  // split 0; the others have 241 and 283
  data.val_questions = 173;
  data.candidates = 5;
  data.words = 10;
  data.frames = 30;
  return data;
}

TypicalData tvqa() {
  TypicalData data;
  data.sizes.dataset = "tvqa";
  data.sizes.task = Task::kMultipleChoice;
  data.sizes.vocabulary = 55000;
  data.sizes.appearance_dim = kResnet;
  data.sizes.motion_dim = kC3d;
  data.sizes.stream_dims = {{"imagenet", kResnet}, {"regional", kResnet}, {"motion", kC3d}};
  data.sizes.has_candidates = true;
  data.train_questions = 122039;
  data.val_questions = 15253;
  data.candidates = 5;
  data.words = 21;
  data.answer_words = 6;
  data.frames = 35;  // a span of 11.5 s at 3 frames a second
  data.stream_steps = {
      {"sub", 50}, {"vcpt", 80}, {"imagenet", 35}, {"regional", 20}, {"motion", 35}};
  return data;
}

torch::Tensor random_words(torch::IntArrayRef shape, int64_t vocabulary) {
  return torch::randint(std::max<int64_t>(1, vocabulary), shape, torch::kInt64);
}

}  // namespace

TypicalData typical_data(const std::string& dataset) {
  if (dataset == "msvd-qa") return msvd();
  if (dataset == "ego-vqa") return ego();
  if (dataset == "tvqa") return tvqa();
  if (dataset == "tgif-action") return tgif("action", Task::kMultipleChoice, 2550, 20475);
  if (dataset == "tgif-transition") return tgif("transition", Task::kMultipleChoice, 4201, 52704);
  if (dataset == "tgif-frameqa") return tgif("frameqa", Task::kOpenEnded, 7546, 39392);
  if (dataset == "tgif-count") return tgif("count", Task::kCount, 2423, 26843);
  find_dataset(dataset);
  TORCH_CHECK(false, dataset,
              ": its sizes are known here only from the data: give the folder, --data DIR");
}

TypicalData typical_data(const ExperimentOptions& options, const LoadedData& loaded) {
  const data::QaCorpus& corpus = loaded.corpus;
  const data::Question& first = corpus.train.front();
  TypicalData data;
  data.sizes = sizes_of(loaded);
  data.train_questions = static_cast<int64_t>(corpus.train.size());
  data.val_questions = static_cast<int64_t>(corpus.val.size());
  const models::Batch batch = example_batch(options, loaded);
  data.candidates = static_cast<int64_t>(std::max<size_t>(1, first.candidates.size()));
  if (batch.text.defined()) data.words = batch.text.size(2);
  if (batch.answers.defined()) data.answer_words = batch.answers.size(2);
  if (batch.appearance.defined()) data.frames = batch.appearance.size(1);
  for (const models::Stream& stream : batch.streams)
    data.stream_steps[stream.name] = stream.values.size(1);
  return data;
}

models::Batch typical_question(const ExperimentOptions& options, const TypicalData& data) {
  const StreamChoice streams = chosen_streams(options);
  const auto lengths = [](torch::IntArrayRef shape, int64_t length) {
    return torch::full(shape, length, torch::kInt64);
  };
  models::Batch batch;
  batch.text = random_words({1, data.candidates, data.words}, data.sizes.vocabulary);
  batch.text_lengths = lengths({1, data.candidates}, data.words);
  if (data.sizes.has_candidates) {
    const int64_t question = std::max<int64_t>(1, data.words - data.answer_words);
    batch.question = random_words({1, question}, data.sizes.vocabulary);
    batch.question_lengths = lengths({1}, question);
    batch.answers = random_words({1, data.candidates, data.answer_words}, data.sizes.vocabulary);
    batch.answer_lengths = lengths({1, data.candidates}, data.answer_words);
  }
  if (streams.input == models::VideoInput::kTwoStreams) {
    const int64_t frames =
        options.max_frames > 0 ? std::min(options.max_frames, data.frames) : data.frames;
    batch.appearance = torch::randn({1, frames, data.sizes.appearance_dim});
    batch.motion = torch::randn({1, frames, data.sizes.motion_dim});
    batch.video_lengths = lengths({1}, frames);
  }
  for (const std::string& name : streams.names) {
    const auto steps = data.stream_steps.find(name);
    TORCH_CHECK(steps != data.stream_steps.end(), data.sizes.dataset, ": has no stream '", name,
                "'");
    const auto dim = data.sizes.stream_dims.find(name);
    models::Stream stream;
    stream.name = name;
    stream.values = dim == data.sizes.stream_dims.end()
                        ? random_words({1, steps->second}, data.sizes.vocabulary)
                        : torch::randn({1, steps->second, dim->second});
    stream.lengths = lengths({1}, steps->second);
    batch.streams.push_back(std::move(stream));
  }
  batch.labels = data.sizes.task == models::Task::kCount ? torch::zeros({1})
                                                         : torch::zeros({1}, torch::kInt64);
  return batch;
}

}  // namespace vidqa::benchmarks
