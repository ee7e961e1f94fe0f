#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace vidqa::train {

/// `summary.json` of a run folder.
struct TrainSummary {
  int64_t parameters = 0;        ///< trainable scalars
  int64_t epochs = 0;            ///< epochs trained
  int64_t best_epoch = 0;        ///< 1-based, chosen on the validation split
  double seconds_per_epoch = 0;  ///< median over epochs, training only
  /// Resident set of the process since the (last) start of this run, MiB.
  double peak_memory_mb = 0;
  double val = 0;  ///< primary metric of the best checkpoint
  /// Primary metric of the best checkpoint; the test split is scored once. Unset where its answers
  /// are not public.
  std::optional<double> test;
};

/// Atomic.
void write_summary(const std::string& path, const TrainSummary& summary);

/// Reads summary.json; throws c10::Error naming the file.
TrainSummary read_summary(const std::string& path);

}  // namespace vidqa::train
