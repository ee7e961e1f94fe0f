#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/run_results.h"
#include "pipeline/train/checkpoint.h"
#include "pipeline/train/run_folder.h"
#include "pipeline/train/trainer.h"

namespace vidqa::benchmarks {

/// A run folder, finished or not, as a report needs it.
struct ReportRun {
  std::string given_name;  ///< NAME of NAME=PATH, else empty
  std::string folder;
  train::RunFolder::State state = train::RunFolder::State::kNew;
  std::string failure;                         ///< content of FAILED
  std::map<std::string, std::string> options;  ///< every option of config.toml, by name
  uint64_t seed = 0;
  std::optional<train::TrainSummary> summary;  ///< of a run that is done
  std::string validation_metric;               ///< of `history`
  std::vector<train::Validation> history;      ///< metrics.csv, which grows while a run trains

  /// Where its files can be asked for, below /files/; empty where they are not served.
  std::string served_as;

  bool is_done() const { return state == train::RunFolder::State::kDone; }
};

/// Run folders among and below `sources` (run folders, output folders of `vidqa compare`, or
/// folders of such), sorted below a source, each once. Links to folders are followed for a source
/// itself and not below it. Throws c10::Error naming a source that does not exist or, unless
/// `may_be_empty`, in and below which there is no run.
std::vector<RunSource> find_run_folders(const std::vector<RunSource>& sources, bool may_be_empty);

/// Reads a run folder and writes nothing. Throws c10::Error naming the file that is damaged.
ReportRun read_report_run(const RunSource& folder);

}  // namespace vidqa::benchmarks
