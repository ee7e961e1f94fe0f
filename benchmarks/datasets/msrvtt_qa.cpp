#include "benchmarks/datasets/msrvtt_qa.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/datasets/released_files.h"
#include "benchmarks/datasets/xu_release.h"

namespace vidqa::benchmarks {

data::QaCorpus load_msrvtt_qa(const DatasetOptions& options) {
  XuForm form;
  form.name = "msrvtt-qa";
  form.folder = find_released_files(options.root, "msrvtt_qa", {"train_qa.json", "test_qa.json"});
  form.has_lists = false;
  form.answer_set_size = options.answer_set_size;
  form.clip = [](int64_t video_id, const std::string& where) -> XuClip {
    TORCH_CHECK(video_id >= 0, where, ": video_id must not be negative, got ", video_id);
    const std::string name = fmt::format("video{}", video_id);
    return {name, {name, std::to_string(video_id)}, video_id};
  };
  return load_xu_release(form);
}

}  // namespace vidqa::benchmarks
