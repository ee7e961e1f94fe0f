#pragma once

#include <string>
#include <unordered_map>

#include "pipeline/data/srt_file.h"

namespace vidqa::benchmarks {

/// Clean subtitles of TVQA clips, from one of the released forms:
///   tvqa_subtitles/                     <clip>.srt each, read when asked for (data::read_srt)
///   srt_data_cache.json                 {"sub_text": {clip: [text]}, "sub_time": {clip:
///   [seconds]}} tvqa_preprocessed_subtitles.jsonl   {"vid_name", "sub": [{"text", "start",
///   "end"}]} a line
/// The last (of the TVR project) left brackets out and no marker in: a text that begins without a
/// blank had no "(" in front and gets data::kUnknownSpeaker, so that all three give the same words.
class TvqaSubtitles {
 public:
  /// Throws c10::Error naming the file and the clip.
  explicit TvqaSubtitles(const std::string& path);

  /// Texts after data::tvqa_clean(), at least one. Throws c10::Error naming the file and the clip
  /// when there are none, or an entry has no text.
  const data::Subtitles& clip(const std::string& video);

 private:
  void read_cache();
  void read_lines();

  std::string path_;
  bool is_folder_;
  std::unordered_map<std::string, data::Subtitles> clips_;  ///< clean; of a folder, as far as read
};

/// The clean texts of a .srt file, at least one; throws c10::Error naming it.
data::Subtitles read_tvqa_srt(const std::string& path);

}  // namespace vidqa::benchmarks
