#include "tests/benchmarks/datasets/pickled_index.h"

#include <fstream>

namespace vidqa::testing {
namespace {

std::string little_endian(int64_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8)
    bytes.push_back(static_cast<char>(value >> shift & 0xff));
  return bytes;
}

}  // namespace

void write_pickled_index(const std::string& path,
                         const std::vector<std::pair<std::string, int64_t>>& index) {
  std::string content = "\x80\x02}(";  // PROTO 2, EMPTY_DICT, MARK
  for (const auto& [word, id] : index)
    content +=
        "X" + little_endian(static_cast<int64_t>(word.size())) + word + "J" + little_endian(id);
  std::ofstream(path, std::ios::binary) << content << "u.";  // SETITEMS, STOP
}

}  // namespace vidqa::testing
