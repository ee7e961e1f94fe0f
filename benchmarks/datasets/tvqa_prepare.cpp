#include "benchmarks/datasets/tvqa_prepare.h"

#include <filesystem>

#include <c10/util/Exception.h>

#include "benchmarks/datasets/tvqa_files.h"
#include "benchmarks/datasets/tvqa_records.h"

namespace vidqa::benchmarks {

std::vector<std::pair<std::string, int64_t>> prepare_tvqa(const std::string& root,
                                                          const std::string& output) {
  const TvqaFiles files(root);
  TORCH_CHECK(!files.subtitles.empty() && !files.frame_counts.empty(), files.folder,
              ": subtitles (srt_data_cache.json, tvqa_subtitles/ or "
              "tvqa_preprocessed_subtitles.jsonl) and frame counts (frm_cnt_cache.json or the "
              "released frames) are needed");
  TvqaSubtitles subtitles(files.subtitles);
  TvqaFrameCounts frame_counts(files.frame_counts);
  std::filesystem::create_directories(output);
  std::vector<std::pair<std::string, int64_t>> written;
  for (const char* split : {"train", "val", "test_public"}) {
    const std::string questions = files.questions(split);
    if (questions.empty()) continue;
    const std::string path = output + "/tvqa_" + std::string(split) + "_processed.json";
    written.emplace_back(path, write_tvqa_processed(questions, {&subtitles, &frame_counts}, path));
  }
  TORCH_CHECK(!written.empty(), files.folder, ": holds no tvqa_<split>.jsonl");
  return written;
}

}  // namespace vidqa::benchmarks
