#include "benchmarks/ask.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include <torch/torch.h>

#include "features/extract_like.h"
#include "models/answer_head.h"
#include "pipeline/data/qa_dataset.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;

/// A folder for the features of the clip, which goes with everything in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "vidqa-ask-XXXXXX").string();
    TORCH_CHECK(::mkdtemp(name.data()) != nullptr, "ask: cannot make a folder in ",
                fs::temp_directory_path().string(), "; TMPDIR names another place");
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;  // nothing depends on what is left
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string file(size_t number) const {
    return (path_ / ("clip" + std::to_string(number) + ".h5")).string();
  }

 private:
  fs::path path_;
};

/// Puts the features of the clip beside those of the data set, for every file that the model reads;
/// returns the name of the clip there.
std::string add_clip(const AskOptions& options, const std::string& device,
                     const ScratchFolder& scratch, data::VideoFeatures& features) {
  TORCH_CHECK(!options.video.empty(), "ask: the model looks at the clip; name it with --video");
  std::map<std::string, std::string> made;  // feature file -> that of the clip
  std::string clip;
  for (const auto& [stream, path] : features.files()) {
    TORCH_CHECK(
        fs::is_regular_file(path), "ask: the stream ", stream, " is read from ", path,
        ", which no run of `vidqa extract` made; ask a model that was trained on such files");
    std::string& file = made[path];
    if (file.empty()) {
      file = scratch.file(made.size());
      clip = features::extract_like({path, options.video, options.weights, device, file});
    }
    features.add_clips(stream, file);
  }
  return clip;
}

std::vector<RankedAnswer> rank(const std::vector<std::string>& answers,
                               const torch::Tensor& scores) {
  const torch::Tensor raw = scores.to(torch::kFloat64);  // (1, C)
  const torch::Tensor probabilities = raw.softmax(1);
  std::vector<RankedAnswer> ranked;
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto place = static_cast<int64_t>(i);
    ranked.push_back(
        {answers[i], raw[0][place].item<double>(), probabilities[0][place].item<double>()});
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  return ranked;
}

}  // namespace

AskResult ask(const ExperimentOptions& experiment, LoadedData& data, const train::RunFolder& run,
              const AskOptions& options) {
  data::Question question = read_asked_question(data.corpus, experiment.data, options.question);
  const models::ModelPtr model = load_trained_model(experiment, data, run, options.checkpoint);

  const ScratchFolder scratch;
  const bool reads_video = data.features != nullptr;
  if (reads_video) {
    question.video = "asked: " + options.video;  // a name that no clip of the data set has
    question.feature_keys = {add_clip(options, experiment.train.device, scratch, *data.features)};
  }
  const data::QaDataset asked({question}, data.corpus.task, data.features);
  const models::Batch batch = asked.batch({0}).to(torch::Device(experiment.train.device));

  AskResult result;
  result.task = data.corpus.task;
  const torch::NoGradGuard no_grad;
  const torch::Tensor scores = model->forward(batch).scores.to(torch::kCPU);
  TORCH_CHECK(torch::isfinite(scores).all().item<bool>(),
              "ask: the model gives a score that is no number; its training went wrong");
  const int64_t choice = models::predict_answer(result.task, scores)[0].item<int64_t>();
  if (result.task == models::Task::kCount) {
    result.raw_count = scores[0][0].item<double>();
    result.count = choice;
  } else {
    const bool open_ended = result.task == models::Task::kOpenEnded;
    result.answers = rank(open_ended ? data.corpus.answers : question.candidates, scores);
  }
  result.frames = frame_shares(*model, batch, choice);
  if (reads_video) result.frame_seconds = asked.seconds(0);
  if (result.frame_seconds.size() != result.frames.values.size()) result.frame_seconds.clear();
  return result;
}

}  // namespace vidqa::benchmarks
