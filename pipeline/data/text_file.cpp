#include "pipeline/data/text_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <c10/util/Exception.h>

namespace vidqa::data {

void check_readable(const std::string& path) {
  TORCH_CHECK(std::filesystem::exists(path), path, ": no such file");
  TORCH_CHECK(!std::filesystem::is_directory(path), path, ": is a folder, a file is needed");
}

std::string read_bytes(const std::string& path) {
  check_readable(path);
  std::ifstream stream(path, std::ios::binary);
  TORCH_CHECK(stream.good(), path, ": cannot be opened; check its permissions");
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  TORCH_CHECK(!stream.bad(), path, ": cannot be read to its end");
  return text;
}

std::string read_text(const std::string& path) {
  std::string text = read_bytes(path);
  TORCH_CHECK(!text.empty(), path, ": is empty; fetch it again");
  return text;
}

std::vector<std::string> read_lines(const std::string& path) {
  std::istringstream stream(read_text(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    TORCH_CHECK(!line.empty(), path, ": line ", lines.size() + 1,
                " is empty; line numbers are ids here, so no line may be");
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace vidqa::data
