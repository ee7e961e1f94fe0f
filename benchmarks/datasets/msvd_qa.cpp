#include "benchmarks/datasets/msvd_qa.h"

#include <charconv>
#include <unordered_map>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/datasets/released_files.h"
#include "benchmarks/datasets/xu_release.h"
#include "pipeline/data/text_file.h"

namespace vidqa::benchmarks {
namespace {

/// video_id -> name.
std::unordered_map<int64_t, std::string> read_mapping(const std::string& path) {
  std::unordered_map<int64_t, std::string> names;
  const std::vector<std::string> lines = data::read_lines(path);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    const size_t blank = line.rfind(" vid");
    int64_t number = 0;
    bool valid = blank != std::string::npos && blank > 0;
    if (valid) {
      const char* first = line.data() + blank + 4;
      const char* last = line.data() + line.size();
      const auto [stop, error] = std::from_chars(first, last, number);
      valid = error == std::errc() && stop == last && number >= 1;
    }
    TORCH_CHECK(valid, path, ": line ", i + 1, " must read '<clip name> vid<number>', got '", line,
                "'");
    TORCH_CHECK(names.emplace(number, line.substr(0, blank)).second, path, ": line ", i + 1,
                ": vid", number, " stands on an earlier line already");
  }
  return names;
}

}  // namespace

data::QaCorpus load_msvd_qa(const DatasetOptions& options) {
  XuForm form;
  form.name = "msvd-qa";
  form.folder = find_released_files(options.root, "msvd_qa", {"train_qa.json", "test_qa.json"});
  const auto names = read_mapping(form.folder + "/youtube_mapping.txt");
  form.clip = [&names](int64_t video_id, const std::string& where) -> XuClip {
    const auto found = names.find(video_id);
    TORCH_CHECK(found != names.end(), where, ": video_id ", video_id,
                " has no line in youtube_mapping.txt");
    return {found->second,
            {found->second, fmt::format("vid{}", video_id), std::to_string(video_id)},
            video_id - 1};
  };
  return load_xu_release(form);
}

}  // namespace vidqa::benchmarks
