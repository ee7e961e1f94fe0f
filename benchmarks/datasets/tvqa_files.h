#pragma once

#include <string>
#include <vector>

namespace vidqa::benchmarks {

/// The released TVQA files below one folder, found by their names: in the folder itself, in tvqa/,
/// or in the subfolders of the released archives and of the published code (tvqa_qa_release, cache,
/// data, vcpt_features, imagenet_features, ...). Paths of what is not there are empty.
struct TvqaFiles {
  /// Throws c10::Error when no file of questions is below `root`.
  explicit TvqaFiles(const std::string& root);

  std::string folder;  ///< `root` or `root`/tvqa
  /// `tvqa_<split>.jsonl`; split: train, val, test_public.
  std::string questions(const std::string& split) const;
  /// `tvqa_<split>_processed.json`, which takes the place of the former, subtitles and frame
  /// counts.
  std::string processed(const std::string& split) const;
  std::string
      subtitles;  ///< srt_data_cache.json, tvqa_subtitles/ or tvqa_preprocessed_subtitles.jsonl
  std::string
      frame_counts;  ///< frm_cnt_cache.json, or the folder that holds bbt_frames/ and the like
  std::string visual_concepts;  ///< det_visual_concepts_hq.pickle or .json
  std::string word2idx;         ///< word2idx.pickle
  std::string idx2word;         ///< idx2word.pickle
  std::string vocab_embedding;  ///< vocab_embedding.pickle
  std::string imagenet;         ///< tvqa_imagenet_pool5_hq.h5 or tvqa_imagenet_pool5.h5
  std::string motion;           ///< fixed_tvqa_c3d_fc6_features.hdf5
  std::string regional;         ///< regional_features/100p.h5 or 100.h5

  /// The first of `names` that exists, each tried in every folder; empty if none does.
  std::string find(const std::vector<std::string>& names) const;
};

}  // namespace vidqa::benchmarks
