#pragma once

#include <string>
#include <vector>

namespace vidqa::benchmarks {

/// The folder that holds the released files of a data set: `root` or `root/folder`, the first in
/// which one of `markers` stands. Throws c10::Error naming both otherwise, and the markers, or
/// `expected` in their place.
std::string find_released_files(const std::string& root, const std::string& folder,
                                const std::vector<std::string>& markers,
                                const std::string& expected = "");

}  // namespace vidqa::benchmarks
