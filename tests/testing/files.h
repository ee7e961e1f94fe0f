#pragma once

#include <string>

namespace vidqa::testing {

/// The bytes of a file; empty when there is none.
std::string read_file(const std::string& path);

void write_file(const std::string& path, const std::string& content);

}  // namespace vidqa::testing
