#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "benchmarks/comparison.h"
#include "tests/benchmarks/tiny_corpus.h"

namespace vidqa::benchmarks {

/// Arms that differ in their fusion.
std::vector<ComparisonArm> fusion_arms(const ExperimentOptions& base,
                                       const std::vector<std::string>& fusions);

/// compare() in this process.
Comparison train_and_compare(const ComparisonOptions& options,
                             const train::TrainObserver& observer);

/// Fails the test on a training step.
train::TrainObserver no_training();

/// Two fusions and two seeds on write_tiny_corpus().
ComparisonOptions tiny_comparison(const std::filesystem::path& folder);

/// One fusion, one seed and one epoch on it.
ComparisonOptions shortest_comparison(const std::filesystem::path& folder);

}  // namespace vidqa::benchmarks
