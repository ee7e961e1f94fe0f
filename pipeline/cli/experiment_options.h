#pragma once

#include <string>

#include <CLI/App.hpp>

#include "benchmarks/experiment.h"

namespace vidqa::cli {

/// Adds the options of an experiment to `app`; the values already in `options` are the defaults.
void bind_experiment_options(CLI::App& app, benchmarks::ExperimentOptions& options);

/// The options as TOML that `vidqa train --config` reads back. Paths are made absolute, so that a
/// run can be evaluated from any folder.
std::string experiment_toml(const benchmarks::ExperimentOptions& options);

/// Reads what experiment_toml wrote; throws std::runtime_error naming the file.
benchmarks::ExperimentOptions read_experiment_toml(const std::string& path);

/// Names of a table's rows, "a, b, c".
template <typename Table>
std::string names_of(const Table& table) {
  std::string names;
  for (const auto& entry : table) names += (names.empty() ? "" : ", ") + entry.name;
  return names;
}

/// "name   summary (paper)" a line for each fusion, for a help text.
std::string fusion_help();

}  // namespace vidqa::cli
