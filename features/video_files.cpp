#include "features/video_files.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;

bool is_video_name(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto& accepted = video_extensions();
  return path.filename().string().front() != '.' &&
         std::find(accepted.begin(), accepted.end(), extension) != accepted.end();
}

std::vector<fs::path> videos_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink))
    if (!entry.is_directory() && is_video_name(entry.path())) files.push_back(entry.path());
  if (files.empty())
    throw std::runtime_error(fmt::format("no videos in folder '{}' (looked for {})",
                                         folder.string(), fmt::join(video_extensions(), " ")));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

const std::vector<std::string>& video_extensions() {
  static const std::vector<std::string> extensions = {".mp4", ".mov", ".avi", ".mkv",  ".webm",
                                                      ".gif", ".m4v", ".mpg", ".mpeg", ".wmv",
                                                      ".flv", ".3gp", ".ts"};
  return extensions;
}

std::vector<VideoFile> find_videos(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const std::string& path : paths) {
    const std::vector<fs::path> found =
        fs::is_directory(path) ? videos_below(path) : std::vector<fs::path>{path};
    files.insert(files.end(), found.begin(), found.end());
  }

  std::vector<VideoFile> videos;
  std::set<fs::path> seen;
  std::map<std::string, std::string> path_of_stem;
  for (const fs::path& file : files) {
    if (!seen.insert(fs::weakly_canonical(file)).second) continue;
    const std::string path = file.string(), stem = file.stem().string();
    const auto [other, is_new] = path_of_stem.emplace(stem, path);
    if (!is_new)
      throw std::runtime_error(fmt::format(
          "'{}' and '{}' would both be clip '{}'; rename one or extract them into two files",
          other->second, path, stem));
    videos.push_back({path, stem});
  }
  return videos;
}

}  // namespace vidqa::features
