#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vidqa::testing {

/// A data set in TVQA's released files, small enough to be read by people: five questions of the
/// training split about two clips, two of the validation split and two without answers of the test
/// split, with subtitles, visual concepts, frame counts and features of width 4 (imagenet), 3
/// (motion) and 5 (regional).
///
///   tvqa_qa_release/tvqa_{train,val,test_public}.jsonl   tvqa_subtitles/<clip>.srt
///   frm_cnt_cache.json                                   det_visual_concepts_hq.pickle
///   tvqa_imagenet_pool5_hq.h5                            regional_features/100p.h5
///   motion_features/fixed_tvqa_c3d_fc6_features.hdf5
class TvqaFolder {
 public:
  explicit TvqaFolder(std::filesystem::path folder);

  std::string path() const { return folder_.string(); }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  /// A line of tvqa_<split>.jsonl, from 0.
  std::string line(const std::string& split, size_t number) const;
  /// Replaces the line; an empty text removes it.
  void set_line(const std::string& split, size_t number, const std::string& text) const;
  /// Replaces the first occurrence of `from` in the line.
  void edit_line(const std::string& split, size_t number, const std::string& from,
                 const std::string& to) const;
  /// Removes a file or folder.
  void remove(const std::string& name) const;

  static constexpr const char* kBigBang = "s01e02_seg01_clip_00";             ///< train, 20 frames
  static constexpr const char* kFriends = "friends_s10e17-18_seg02_clip_16";  ///< train, 350 frames
  static constexpr const char* kCastle = "castle_s02e03_seg02_clip_02";       ///< val, 30 frames
  static constexpr const char* kHouse = "house_s07e19_seg02_clip_12";         ///< test, 12 frames

 private:
  std::string questions(const std::string& split) const;
  std::vector<std::string> lines(const std::string& split) const;
  void write_questions() const;
  void write_subtitles() const;
  void write_concepts() const;
  void write_features() const;

  std::filesystem::path folder_;
};

}  // namespace vidqa::testing
