#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace vidqa::benchmarks {

/// Writes `<output>/tvqa_<split>_processed.json` for every split whose .jsonl is below `root`, as
/// the published preprocessing does; returns their paths with the number of questions. Throws
/// c10::Error at the first fault; files that were written whole stay.
std::vector<std::pair<std::string, int64_t>> prepare_tvqa(const std::string& root,
                                                          const std::string& output);

}  // namespace vidqa::benchmarks
