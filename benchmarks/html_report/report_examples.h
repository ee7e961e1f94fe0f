#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/html_report/report_results.h"

namespace vidqa::benchmarks {

/// Runs of one arm among RunResults::runs.
using ArmRuns = std::vector<size_t>;

/// Examples and how they were chosen.
struct ChosenExamples {
  std::vector<ReportExample> examples;
  std::string how;
};

/// At most `max_examples` questions, in the order of the runs: all of them where they fit, else up
/// to half of the places for questions that some run answers rightly and another wrongly, the rest
/// for any, each drawn in the order of the SHA-256 of their ids, which is the same on every machine
/// and does not change when runs are added.
ChosenExamples choose_examples(const RunResults& results, const std::vector<ArmRuns>& arms,
                               int64_t max_examples);

}  // namespace vidqa::benchmarks
