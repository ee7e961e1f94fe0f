#include "benchmarks/datasets/tvqa_frame_counts.h"

#include <filesystem>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pipeline/data/json_record.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;

/// Names of the clips' shows; those of The Big Bang Theory begin with none.
const std::vector<std::string> kShows = {"friends", "grey", "met", "castle", "house"};

std::string show_folder(const std::string& video) {
  for (const std::string& show : kShows)
    if (video.rfind(show + "_", 0) == 0) return show + "_frames";
  return "bbt_frames";
}

}  // namespace

const std::vector<std::string>& tvqa_show_folders() {
  static const std::vector<std::string> folders = [] {
    std::vector<std::string> names = {"bbt_frames"};
    for (const std::string& show : kShows) names.push_back(show + "_frames");
    return names;
  }();
  return folders;
}

TvqaFrameCounts::TvqaFrameCounts(const std::string& path)
    : path_(path), is_folder_(fs::is_directory(path)) {
  if (is_folder_) return;
  data::for_each_json_member(path, [&](const std::string& video, const nlohmann::json& count) {
    TORCH_CHECK(count.is_number_integer() && count.get<int64_t>() >= 1, path, ": clip '", video,
                "' must have a whole number of frames of at least 1, got ", count.dump());
    counts_[video] = count.get<int64_t>();
  });
}

int64_t TvqaFrameCounts::clip(const std::string& video) {
  const auto found = counts_.find(video);
  if (found != counts_.end()) return found->second;
  TORCH_CHECK(is_folder_, path_, ": has no number of frames for clip '", video, "'");
  return counts_[video] = count(video);
}

int64_t TvqaFrameCounts::count(const std::string& video) const {
  const fs::path folder = fs::path(path_) / show_folder(video) / video;
  TORCH_CHECK(fs::is_directory(folder), folder.string(), ": no such folder of frames");
  int64_t frames = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool is_jpg = name.size() >= 3 && name.compare(name.size() - 3, 3, "jpg") == 0;
    if (is_jpg && name.front() != '.') ++frames;
  }
  TORCH_CHECK(frames > 0, folder.string(), ": holds no frame (*jpg)");
  return frames;
}

}  // namespace vidqa::benchmarks
