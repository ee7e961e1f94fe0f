#include "features/video_files.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "features/image_frames.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;

bool is_video_name(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto& accepted = video_extensions();
  return std::find(accepted.begin(), accepted.end(), extension) != accepted.end();
}

bool is_hidden(const fs::path& path) { return path.filename().string().front() == '.'; }

/// Adds the videos in the folder and below.
void collect(const fs::path& folder, std::set<fs::path>& visited, std::vector<fs::path>& found) {
  if (!visited.insert(fs::canonical(folder)).second) return;  // a link to a folder above
  std::vector<fs::path> folders;
  bool holds_video = false;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_hidden(entry.path())) continue;
    if (entry.is_directory()) {
      folders.push_back(entry.path());
    } else if (is_video_name(entry.path())) {
      found.push_back(entry.path());
      holds_video = true;
    }
  }
  if (!holds_video && is_image_folder(folder.string())) found.push_back(folder);
  for (const fs::path& below : folders) collect(below, visited, found);
}

std::vector<fs::path> videos_below(const fs::path& folder) {
  std::set<fs::path> visited;
  std::vector<fs::path> found;
  collect(folder, visited, found);
  if (found.empty())
    throw std::runtime_error(
        fmt::format("no videos in folder '{}' (looked for {} and folders of numbered .jpg or .png)",
                    folder.string(), fmt::join(video_extensions(), " ")));
  std::sort(found.begin(), found.end());
  return found;
}

/// A folder's name may hold dots of its own, and end in a slash.
std::string stem_of(const fs::path& path) {
  if (!fs::is_directory(path)) return path.stem().string();
  const fs::path folder = fs::weakly_canonical(path);
  return folder.filename().string();
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
    const std::string path = file.string(), stem = stem_of(file);
    const auto [other, is_new] = path_of_stem.emplace(stem, path);
    if (!is_new)
      throw std::runtime_error(fmt::format(
          "'{}' and '{}' would both be clip '{}'; rename one or extract them into two files",
          other->second, path, stem));
    videos.push_back({path, stem});
  }
  return videos;
}

std::vector<std::string> files_of_video(const std::string& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<std::string> files;
  for (const NumberedImage& image : numbered_images(path)) files.push_back(image.path);
  return files;
}

}  // namespace vidqa::features
