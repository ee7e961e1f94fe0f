#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace vidqa::benchmarks {

/// bbt_frames, friends_frames, ...: the folders of the released frames, one a show.
const std::vector<std::string>& tvqa_show_folders();

/// Number of frames of TVQA clips, at 3 a second.
class TvqaFrameCounts {
 public:
  /// `path`: frm_cnt_cache.json, {clip: number}, or the folder of the released frames, where the
  /// files <show folder>/<clip>/*jpg are counted. Throws c10::Error naming file and clip.
  explicit TvqaFrameCounts(const std::string& path);

  /// At least 1. Throws c10::Error naming file and clip when the clip is not there.
  int64_t clip(const std::string& video);

 private:
  int64_t count(const std::string& video) const;

  std::string path_;
  bool is_folder_;
  std::unordered_map<std::string, int64_t> counts_;  ///< of the file, or as far as counted
};

}  // namespace vidqa::benchmarks
