#pragma once

#include <cstdint>
#include <string>

#include "benchmarks/comparison_runs.h"
#include "benchmarks/typical_data.h"

namespace vidqa::benchmarks {

/// What a run will cost.
struct RunEstimate {
  int64_t parameters = 0;    ///< of the model as it is built
  double multiply_adds = 0;  ///< of a forward pass for one question (model_cost.h)
  /// Weights, gradients and two moments of the optimiser, MiB; activations and data come on top.
  /// Where a run of the arm is done, the peak that it had.
  double memory_mb = 0;
  double seconds_per_epoch = 0;
  bool is_measured = false;  ///< memory and seconds are those of a run that is done
  std::string problem;       ///< why the model cannot be built here; the rest is 0 then
};

/// Multiplications, each with an addition, that a matrix product does in a second here, with the
/// threads that are set.
double measure_multiply_adds_per_second();

/// Time by a cost model: forward, and backward twice the work of forward, for every training
/// question, and forward for every validation question, at `multiply_adds_per_second`.
RunEstimate estimate_run(const PlannedRun& run, const TypicalData& data,
                         double multiply_adds_per_second);

}  // namespace vidqa::benchmarks
