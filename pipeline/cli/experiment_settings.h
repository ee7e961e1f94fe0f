#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "benchmarks/comparison_runs.h"
#include "benchmarks/experiment.h"
#include "benchmarks/grid.h"

namespace vidqa::cli {

/// Every option of an app and its groups but --help.
std::vector<CLI::Option*> options_of(CLI::App& app);

/// The first long name of an option of an experiment ("lr" -> "learning-rate"); throws
/// std::runtime_error listing the names when there is none of that name. `where` begins the
/// message.
std::string canonical_option(const std::string& name, const std::string& where);

/// Sets options by name, as the command line would; throws std::runtime_error that begins with
/// `where` and names option and value.
void apply_settings(benchmarks::ExperimentOptions& options, const benchmarks::Settings& settings,
                    const std::string& where);

/// What the command line, or a file for --config, has set of the options of an experiment.
benchmarks::Settings explicit_settings(CLI::App& command);

/// The arms of a grid over `base`. Throws std::runtime_error or c10::Error naming the option.
void set_arms(const benchmarks::ExperimentOptions& base, benchmarks::Grid grid,
              benchmarks::ComparisonOptions& comparison);

}  // namespace vidqa::cli
