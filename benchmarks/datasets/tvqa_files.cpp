#include "benchmarks/datasets/tvqa_files.h"

#include <filesystem>

#include "benchmarks/datasets/released_files.h"
#include "benchmarks/datasets/tvqa_frame_counts.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kFolders = {"",
                                           "tvqa_qa_release",
                                           "cache",
                                           "data",
                                           "data/tvqa_qa_release",
                                           "vcpt_features",
                                           "imagenet_features",
                                           "motion_features"};
const std::vector<std::string> kFrameFolders = {"", "frames_hq", "frames", "tvqa_frames",
                                                "tvqa_video_frames_fps3_hq"};

std::string questions_name(const std::string& split) { return "tvqa_" + split + ".jsonl"; }
std::string processed_name(const std::string& split) { return "tvqa_" + split + "_processed.json"; }

/// Every place of a file of questions.
std::vector<std::string> markers() {
  std::vector<std::string> paths;
  for (const char* split : {"train", "val", "test_public"})
    for (const std::string& folder : kFolders)
      for (const std::string& name : {questions_name(split), processed_name(split)})
        paths.push_back((fs::path(folder) / name).string());
  return paths;
}

std::string find_frames_folder(const std::string& root) {
  for (const std::string& name : kFrameFolders)
    for (const std::string& show : tvqa_show_folders())
      if (fs::is_directory(fs::path(root) / name / show)) return (fs::path(root) / name).string();
  return "";
}

}  // namespace

TvqaFiles::TvqaFiles(const std::string& root)
    : folder(find_released_files(root, "tvqa", markers(), "tvqa_{train,val,test_public}.jsonl")) {
  subtitles = find({"srt_data_cache.json", "tvqa_subtitles", "tvqa_preprocessed_subtitles.jsonl"});
  frame_counts = find({"frm_cnt_cache.json"});
  if (frame_counts.empty()) frame_counts = find_frames_folder(folder);
  visual_concepts = find({"det_visual_concepts_hq.pickle", "det_visual_concepts_hq.json"});
  word2idx = find({"word2idx.pickle"});
  idx2word = find({"idx2word.pickle"});
  vocab_embedding = find({"vocab_embedding.pickle"});
  imagenet = find({"tvqa_imagenet_pool5_hq.h5", "tvqa_imagenet_pool5.h5"});
  motion = find({"fixed_tvqa_c3d_fc6_features.hdf5"});
  regional = find({"regional_features/100p.h5", "regional_features/100.h5"});
}

std::string TvqaFiles::questions(const std::string& split) const {
  return find({questions_name(split)});
}

std::string TvqaFiles::processed(const std::string& split) const {
  return find({processed_name(split)});
}

std::string TvqaFiles::find(const std::vector<std::string>& names) const {
  for (const std::string& name : names)
    for (const std::string& subfolder : kFolders)
      if (const fs::path path = fs::path(folder) / subfolder / name; fs::exists(path))
        return path.lexically_normal().string();
  return "";
}

}  // namespace vidqa::benchmarks
