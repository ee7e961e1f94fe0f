#pragma once

#include <string>
#include <vector>

namespace vidqa::features {

struct VideoFile {
  std::string path;  ///< a file, or a folder of numbered images (features/image_frames.h)
  std::string stem;  ///< file name without extension, or the name of the folder: the clip's name
};

/// Endings by which a file in a folder is taken for a video, in any case.
const std::vector<std::string>& video_extensions();

/// The files among `paths`, whatever their ending, and the videos in the folders among them and
/// below, hidden ones apart; sorted within a folder, each once. A folder that holds numbered images
/// and no video is one video; other images have to be named one by one, for the pictures beside
/// videos are mostly their covers. A path that does not exist is kept: reading it will say so.
/// Throws std::runtime_error: a folder without videos, two videos with one stem (naming both).
std::vector<VideoFile> find_videos(const std::vector<std::string>& paths);

/// The files whose bytes make up a video: the file itself, or the images of the folder in order.
/// Throws std::runtime_error.
std::vector<std::string> files_of_video(const std::string& path);

}  // namespace vidqa::features
