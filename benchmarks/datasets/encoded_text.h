#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vidqa::benchmarks {

/// Word ids as the releases of MSVD-QA and EgoVQA hold them, "2,143,200": parsed. Throws c10::Error
/// that begins with `where` for anything else and for an id outside 0 .. vocabulary_size - 1.
std::vector<int64_t> parse_encoded_text(const std::string& text, int64_t vocabulary_size,
                                        const std::string& where);

/// The reverse.
std::string to_encoded_text(const std::vector<int64_t>& ids);

}  // namespace vidqa::benchmarks
