#pragma once

#include <string>
#include <vector>

namespace vidqa::benchmarks {

/// Reads a Python pickle of {str: int} whose ids are 0 .. size - 1, each once: names by id. Throws
/// c10::Error naming the file for anything else.
std::vector<std::string> read_pickled_index(const std::string& path);

/// The same for {int: str}.
std::vector<std::string> read_pickled_names(const std::string& path);

}  // namespace vidqa::benchmarks
