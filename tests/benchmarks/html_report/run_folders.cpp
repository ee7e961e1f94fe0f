#include "tests/benchmarks/html_report/run_folders.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "tests/testing/files.h"

namespace vidqa::benchmarks {

using testing::write_file;

std::string write_run(const std::string& folder, const RunFiles& run) {
  std::filesystem::create_directories(folder);
  std::string config = fmt::format(
      "[train]\ndataset=\"{}\"\ndata=\"/data\"\nmodel=\"hme\"\nfusion=\"{}\"\nstreams=\"{}\"\n"
      "device=\"cpu\"\nseed={}\n",
      run.dataset, run.fusion, run.streams, run.seed);
  for (const auto& [name, value] : run.options) config += fmt::format("{}=\"{}\"\n", name, value);
  write_file(folder + "/config.toml", config);
  std::string metrics = "epoch,step,train_loss,val_accuracy,seconds\n";
  for (int64_t epoch = 1; epoch <= run.epochs; ++epoch)
    metrics +=
        fmt::format("{},{},{},{},1.500\n", epoch, 10 * epoch, 1.0 / static_cast<double>(epoch),
                    0.5 + 0.01 * static_cast<double>(epoch));
  write_file(folder + "/metrics.csv", metrics);
  if (!run.failure.empty()) {
    write_file(folder + "/FAILED", run.failure + "\n");
  } else if (run.is_done) {
    const auto right = std::count_if(run.predictions.begin(), run.predictions.end(),
                                     [](const train::Prediction& p) { return p.correct; });
    const double asked = std::max<double>(1, static_cast<double>(run.predictions.size()));
    train::write_predictions(folder + "/predictions.jsonl", run.predictions);
    write_file(
        folder + "/summary.json",
        fmt::format(R"({{"parameters":{},"epochs":{},"best_epoch":1,"seconds_per_epoch":1.5,)"
                    R"("peak_memory_mb":200.0,"val":0.5,"test":{}}})",
                    1000 * run.fusion.size(), run.epochs, static_cast<double>(right) / asked));
    write_file(folder + "/DONE", "");
  }
  return folder;
}

train::Prediction answered(int64_t number, bool correct, const std::string& type) {
  train::Prediction p;
  p.question_id = fmt::format("Q{}", number);
  p.video = fmt::format("clip{}", (number + 1) / 2);
  p.type = type;
  p.question = fmt::format("question number {}?", number);
  p.prediction = correct ? "b" : "c";
  p.gold = "b";
  p.correct = correct;
  p.scores = {{"a", 0.25}, {"b", correct ? 2 : 1}, {"c", correct ? 1 : 2}};
  p.raw_score = 2;
  return p;
}

std::vector<train::Prediction> answered_all(const std::string& digits) {
  std::vector<train::Prediction> predictions;
  for (size_t i = 0; i < digits.size(); ++i)
    predictions.push_back(
        answered(static_cast<int64_t>(i) + 1, digits[i] == '1', i % 3 == 2 ? "who" : "what"));
  return predictions;
}

}  // namespace vidqa::benchmarks
