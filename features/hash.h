#pragma once

#include <string>
#include <string_view>

namespace vidqa::features {

/// SHA-256 in lower-case hex.
std::string sha256(std::string_view bytes);

/// SHA-256 of a file's content in lower-case hex. Throws std::runtime_error naming the path.
std::string sha256_file(const std::string& path);

}  // namespace vidqa::features
