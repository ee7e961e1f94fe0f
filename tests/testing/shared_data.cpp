#include "tests/testing/shared_data.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace vidqa::testing {

namespace fs = std::filesystem;

fs::path shared_dir() {
  const char* variable = std::getenv("VIDQA_SHARED");
  return variable != nullptr && *variable != '\0' ? fs::path(variable)
                                                  : fs::path(VIDQA_DEFAULT_SHARED);
}

std::vector<fs::path> golden_files(const std::string& kind, const std::string& prefix,
                                   const std::string& extension) {
  std::vector<fs::path> files;
  const fs::path folder = shared_dir() / "golden" / kind;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == extension && name.rfind(prefix, 0) == 0)
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

nlohmann::json golden_json(const std::string& name) {
  return nlohmann::json::parse(std::ifstream(shared_dir() / "golden" / name));
}

std::string test_name(const std::string& text) {
  std::string name = text;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

TempDir::TempDir() {
  std::string pattern = (fs::temp_directory_path() / "vidqa_test_XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("cannot make a folder from " + pattern);
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace vidqa::testing
