#include "benchmarks/datasets/dataset.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/datasets/msvd_qa.h"
#include "benchmarks/datasets/tgif_qa.h"
#include "benchmarks/datasets/tvqa.h"

namespace vidqa::benchmarks {
namespace {

constexpr const char* kMsvdQaPaper =
    "Xu et al., Video Question Answering via Gradually Refined Attention, MM 2017";
constexpr const char* kTgifQaPaper =
    "Jang et al., TGIF-QA: Toward Spatio-Temporal Reasoning in Visual Question Answering, CVPR "
    "2017";

constexpr const char* kTvqaPaper =
    "Lei et al., TVQA: Localized, Compositional Video Question Answering, EMNLP 2018";

data::QaCorpus load_msvd(const DatasetOptions& options, Faults&) { return load_msvd_qa(options); }

template <TgifTask task>
data::QaCorpus load_tgif(const DatasetOptions& options, Faults&) {
  return load_tgif_qa(task, options);
}

}  // namespace

const std::vector<DatasetEntry>& dataset_table() {
  static const std::vector<DatasetEntry> table = {
      {"msvd-qa", "open-ended questions on short YouTube clips", kMsvdQaPaper, load_msvd},
      {"tgif-action", "which of five actions is repeated N times", kTgifQaPaper,
       load_tgif<TgifTask::kAction>},
      {"tgif-transition", "which of five actions comes before or after another", kTgifQaPaper,
       load_tgif<TgifTask::kTransition>},
      {"tgif-count", "how many times an action is repeated", kTgifQaPaper,
       load_tgif<TgifTask::kCount>},
      {"tgif-frameqa", "open-ended questions that one frame answers", kTgifQaPaper,
       load_tgif<TgifTask::kFrameQa>},
      {"tvqa", "which of five answers about a TV show is right, with subtitles", kTvqaPaper,
       load_tvqa},
  };
  return table;
}

const DatasetEntry& find_dataset(const std::string& name) {
  std::string names;
  for (const DatasetEntry& entry : dataset_table()) {
    if (entry.name == name) return entry;
    names += (names.empty() ? "" : ", ") + entry.name;
  }
  TORCH_CHECK(false, "data set '", name, "' is unknown; accepted: ", names);
}

data::QaCorpus load_dataset(const std::string& name, const DatasetOptions& options) {
  Faults thrown(Faults::Mode::kThrow);
  return load_dataset(name, options, thrown);
}

data::QaCorpus load_dataset(const std::string& name, const DatasetOptions& options,
                            Faults& faults) {
  return find_dataset(name).load(options, faults);
}

}  // namespace vidqa::benchmarks
