#pragma once

#include <string>
#include <vector>

namespace vidqa::features {

struct VideoFile {
  std::string path;
  std::string stem;  ///< file name without extension: the clip's name
};

/// Endings by which a file in a folder is taken for a video, in any case.
const std::vector<std::string>& video_extensions();

/// The files among `paths`, whatever their ending, and the videos in the folders among them and
/// below, hidden ones apart; sorted within a folder, each file once. A path that does not exist is
/// kept: reading it will say so. Throws std::runtime_error: a folder without videos, two videos
/// with one stem (naming both).
std::vector<VideoFile> find_videos(const std::vector<std::string>& paths);

}  // namespace vidqa::features
