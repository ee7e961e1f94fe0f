#include "features/source_stamp.h"

#include <algorithm>
#include <filesystem>

#include <sys/stat.h>

#include "features/hash.h"
#include "features/video_files.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;

SourceStamp stamp_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  constexpr int64_t kNanoseconds = 1000000000;
  return {static_cast<int64_t>(status.st_size),
          static_cast<int64_t>(status.st_mtim.tv_sec) * kNanoseconds + status.st_mtim.tv_nsec};
}

}  // namespace

SourceStamp stamp_source(const std::string& path) {
  std::error_code missing;
  if (!fs::is_directory(path, missing)) return stamp_file(path);
  SourceStamp stamp{0, 0};
  for (const std::string& file : files_of_video(path)) {
    const SourceStamp one = stamp_file(file);
    stamp.bytes += std::max<int64_t>(0, one.bytes);
    stamp.modified_ns = std::max(stamp.modified_ns, one.modified_ns);
  }
  return stamp;
}

std::string sha256_source(const std::string& path) {
  std::error_code missing;
  if (!fs::is_directory(path, missing)) return sha256_file(path);
  Sha256 hash;
  for (const std::string& file : files_of_video(path))
    hash.update(sha256_file(file) + "  " + fs::path(file).filename().string() + "\n");
  return hash.finish();
}

}  // namespace vidqa::features
