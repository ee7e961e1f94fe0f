#include "benchmarks/datasets/released_files.h"

#include <filesystem>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace vidqa::benchmarks {

namespace fs = std::filesystem;

std::string find_released_files(const std::string& root, const std::string& folder,
                                const std::vector<std::string>& markers,
                                const std::string& expected) {
  TORCH_CHECK(!root.empty(), "the folder of the data set's released files must be named");
  TORCH_CHECK(fs::is_directory(root), root, ": no such folder");
  for (const fs::path& candidate : {fs::path(root), fs::path(root) / folder})
    for (const std::string& marker : markers)
      if (fs::exists(candidate / marker)) return candidate.string();
  TORCH_CHECK(false, root, ": neither this folder nor ", folder, " in it holds ",
              expected.empty() ? fmt::format("{}", fmt::join(markers, " or ")) : expected,
              "; name the folder of the released files");
}

}  // namespace vidqa::benchmarks
