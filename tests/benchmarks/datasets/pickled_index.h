#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace vidqa::testing {

/// Writes {word: id} as Python's pickle.dump(..., protocol=2) does.
void write_pickled_index(const std::string& path,
                         const std::vector<std::pair<std::string, int64_t>>& index);

}  // namespace vidqa::testing
