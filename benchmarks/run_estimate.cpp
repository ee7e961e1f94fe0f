#include "benchmarks/run_estimate.h"

#include <algorithm>
#include <chrono>

#include <c10/util/Exception.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "benchmarks/model_cost.h"
#include "fusion/option_checks.h"

namespace vidqa::benchmarks {

double measure_multiply_adds_per_second() {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t kSize = 512;
  constexpr int kTries = 5;
  const torch::NoGradGuard no_grad;
  const torch::Tensor a = torch::ones({kSize, kSize});
  double best = 0;
  for (int i = 0; i < kTries; ++i) {
    const Clock::time_point start = Clock::now();
    const torch::Tensor product = torch::mm(a, a);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, static_cast<double>(kSize * kSize * kSize) / seconds);
  }
  return best;
}

RunEstimate estimate_run(const PlannedRun& run, const TypicalData& data,
                         double multiply_adds_per_second) {
  RunEstimate estimate;
  try {
    const models::ModelPtr model = make_model(run.options, data.sizes);
    estimate.parameters = num_parameters(*model);
    estimate.multiply_adds = count_multiply_adds(*model, typical_question(run.options, data));
  } catch (const c10::Error& error) {
    estimate.problem = error.what_without_backtrace();
    return estimate;
  }
  if (train::RunFolder::state_of(run.folder) == train::RunFolder::State::kDone) {
    const train::TrainSummary summary =
        train::read_summary(train::RunFolder(run.folder).summary_json());
    estimate.memory_mb = summary.peak_memory_mb;
    estimate.seconds_per_epoch = summary.seconds_per_epoch;
    estimate.is_measured = true;
    return estimate;
  }
  constexpr double kMiB = 1 << 20;
  estimate.memory_mb = fusion::training_bytes(static_cast<double>(estimate.parameters)) / kMiB;
  const double passes =
      3 * static_cast<double>(data.train_questions) + static_cast<double>(data.val_questions);
  estimate.seconds_per_epoch = passes * estimate.multiply_adds / multiply_adds_per_second;
  return estimate;
}

}  // namespace vidqa::benchmarks
