#include "benchmarks/datasets/dataset.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/datasets/msvd_qa.h"
#include "benchmarks/datasets/tgif_qa.h"

namespace vidqa::benchmarks {
namespace {

constexpr const char* kMsvdQaPaper =
    "Xu et al., Video Question Answering via Gradually Refined Attention, MM 2017";
constexpr const char* kTgifQaPaper =
    "Jang et al., TGIF-QA: Toward Spatio-Temporal Reasoning in Visual Question Answering, CVPR "
    "2017";

template <TgifTask task>
data::QaCorpus load_tgif(const DatasetOptions& options) {
  return load_tgif_qa(task, options);
}

}  // namespace

const std::vector<DatasetEntry>& dataset_table() {
  static const std::vector<DatasetEntry> table = {
      {"msvd-qa", "open-ended questions on short YouTube clips", kMsvdQaPaper, load_msvd_qa},
      {"tgif-action", "which of five actions is repeated N times", kTgifQaPaper,
       load_tgif<TgifTask::kAction>},
      {"tgif-transition", "which of five actions comes before or after another", kTgifQaPaper,
       load_tgif<TgifTask::kTransition>},
      {"tgif-count", "how many times an action is repeated", kTgifQaPaper,
       load_tgif<TgifTask::kCount>},
      {"tgif-frameqa", "open-ended questions that one frame answers", kTgifQaPaper,
       load_tgif<TgifTask::kFrameQa>},
  };
  return table;
}

data::QaCorpus load_dataset(const std::string& name, const DatasetOptions& options) {
  std::string names;
  for (const DatasetEntry& entry : dataset_table()) {
    if (entry.name == name) return entry.load(options);
    names += (names.empty() ? "" : ", ") + entry.name;
  }
  TORCH_CHECK(false, "data set '", name, "' is unknown; accepted: ", names);
}

}  // namespace vidqa::benchmarks
