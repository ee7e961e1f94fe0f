#pragma once

#include <filesystem>

#include "benchmarks/experiment.h"

namespace vidqa::benchmarks {

/// Writes a data set in the released MSVD-QA format and its features below `folder`, and gives the
/// options of a short training on it. A clip shows one of four colours and nothing else tells the
/// answer: a model that does not look is right in exactly one of four questions.
ExperimentOptions write_tiny_corpus(const std::filesystem::path& folder);

}  // namespace vidqa::benchmarks
