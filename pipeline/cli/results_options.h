#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "benchmarks/run_results.h"

namespace vidqa::cli {

/// Where finished runs are read from.
struct ResultsOptions {
  std::vector<std::string> runs;
  std::string split = "test";
  std::optional<std::string> results;
  std::optional<int64_t> total;
  std::optional<int64_t> first_id;
  std::optional<std::string> questions;
};

/// What was added for the two ways to name finished runs.
struct ResultsBinding {
  CLI::Option* runs;
  CLI::Option* results;
};

/// Adds --runs, --split, --results, --total, --first-qid and --questions.
ResultsBinding bind_results_options(CLI::App& app, ResultsOptions& options);

/// Throws c10::Error when neither runs nor a results file are given.
benchmarks::RunResults load_results(const ResultsOptions& options);

/// What --runs and --results take, for a help text.
extern const char* const kResultsHelp;

}  // namespace vidqa::cli
