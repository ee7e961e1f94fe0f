#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json_fwd.hpp>

namespace vidqa::testing {

/// `$VIDQA_SHARED`, or the folder `shared` beside the project.
std::filesystem::path shared_dir();

/// Files of golden/<kind> whose name starts with `prefix` and ends in `extension`, sorted. Empty
/// when absent.
std::vector<std::filesystem::path> golden_files(const std::string& kind,
                                                const std::string& prefix = "",
                                                const std::string& extension = ".h5");

/// The JSON of golden/<name>, which must be there (VIDQA_REQUIRE_SHARED).
nlohmann::json golden_json(const std::string& name);

/// gtest name of a file or case: letters, digits and underscores of `text`.
std::string test_name(const std::string& text);

/// A folder of its own, removed with everything in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace vidqa::testing

/// First line of a test that needs a file or folder below shared/.
#define VIDQA_REQUIRE_SHARED(relative_path)                                                    \
  do {                                                                                         \
    if (!std::filesystem::exists(::vidqa::testing::shared_dir() / (relative_path)))            \
      GTEST_SKIP() << "needs " << (::vidqa::testing::shared_dir() / (relative_path)).string(); \
  } while (false)
