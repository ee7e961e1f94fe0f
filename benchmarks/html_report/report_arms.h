#pragma once

#include <map>
#include <string>
#include <vector>

#include "benchmarks/html_report/report_runs.h"

namespace vidqa::benchmarks {

/// Runs that differ in nothing but the seed: a row of the report.
struct ReportArm {
  std::string name;
  bool is_question_only = false;
  std::map<std::string, std::string> options;  ///< those in which the arms differ
  std::vector<size_t> runs;                    ///< places among the runs, by seed
};

/// The arms, in the order of their first runs, question-only ones first. An arm is called as given
/// (NAME=PATH), else by the options in which the arms differ, fusion and model without their key:
/// "mfb:mm_dim=128 lr=0.001". Options that decide no result (device, evaluation batch) do not tell
/// arms apart.
///
/// Throws c10::Error naming two folders when runs are of different data sets (or splits of
/// EgoVQA), two have the same options and seed, or runs under one given name have different
/// options.
std::vector<ReportArm> arms_of(const std::vector<ReportRun>& runs);

}  // namespace vidqa::benchmarks
