#include "benchmarks/datasets/encoded_text.h"

#include <charconv>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace vidqa::benchmarks {

std::vector<int64_t> parse_encoded_text(const std::string& text, int64_t vocabulary_size,
                                        const std::string& where) {
  std::vector<int64_t> ids;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    int64_t id = 0;
    const auto [stop, error] = std::from_chars(at, end, id);
    TORCH_CHECK(error == std::errc() && (stop == end || *stop == ','), where,
                ": must be word ids with commas between them, got '", text, "'");
    TORCH_CHECK(id >= 0 && id < vocabulary_size, where, ": the word id ", id,
                " is outside the vocabulary of ", vocabulary_size,
                " words; the files do not belong together");
    ids.push_back(id);
    if (stop == end) return ids;
    at = stop + 1;
  }
}

std::string to_encoded_text(const std::vector<int64_t>& ids) {
  return fmt::format("{}", fmt::join(ids, ","));
}

}  // namespace vidqa::benchmarks
