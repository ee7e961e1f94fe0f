#include "tests/benchmarks/tiny_comparison.h"

#include <gtest/gtest.h>

namespace vidqa::benchmarks {
namespace {

std::string config_of(const ExperimentOptions& options) { return "fusion = " + options.fusion; }

}  // namespace

train::TrainObserver no_training() {
  train::TrainObserver observer;
  observer.on_step = [](int64_t, int64_t, int64_t, double) { FAIL() << "a training step"; };
  return observer;
}

std::vector<ComparisonArm> fusion_arms(const ExperimentOptions& base,
                                       const std::vector<std::string>& fusions) {
  std::vector<ComparisonArm> arms;
  for (const std::string& fusion : fusions) {
    arms.push_back({fusion, {fusion}, base});
    arms.back().options.fusion = fusion;
  }
  return arms;
}

Comparison train_and_compare(const ComparisonOptions& options,
                             const train::TrainObserver& observer) {
  return compare(options, train_here(config_of, observer), {});
}

ComparisonOptions tiny_comparison(const std::filesystem::path& folder) {
  ComparisonOptions options;
  options.arms =
      fusion_arms(write_tiny_corpus(folder), {"default", "concat_mlp:mm_dim=16,dropout=0"});
  options.output = (folder / "out").string();
  options.bootstrap_samples = 1000;
  return options;
}

ComparisonOptions shortest_comparison(const std::filesystem::path& folder) {
  ComparisonOptions options = tiny_comparison(folder);
  options.arms.resize(1);
  options.arms[0].options.train.epochs = 1;
  options.num_seeds = 1;
  return options;
}

}  // namespace vidqa::benchmarks
