#include "benchmarks/datasets/dataset.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/datasets/activitynet_qa.h"
#include "benchmarks/datasets/ego_vqa.h"
#include "benchmarks/datasets/msrvtt_qa.h"
#include "benchmarks/datasets/msvd_qa.h"
#include "benchmarks/datasets/next_qa.h"
#include "benchmarks/datasets/tgif_qa.h"
#include "benchmarks/datasets/tvqa.h"
#include "benchmarks/datasets/youtube2text_qa.h"

namespace vidqa::benchmarks {
namespace {

constexpr const char* kXuPaper =
    "Xu et al., Video Question Answering via Gradually Refined Attention, MM 2017";
constexpr const char* kTgifQaPaper =
    "Jang et al., TGIF-QA: Toward Spatio-Temporal Reasoning in Visual Question Answering, CVPR "
    "2017";
constexpr const char* kTvqaPaper =
    "Lei et al., TVQA: Localized, Compositional Video Question Answering, EMNLP 2018";
constexpr const char* kEgoVqaPaper =
    "Fan, EgoVQA: An Egocentric Video Question Answering Benchmark Dataset, ICCV workshops 2019";
constexpr const char* kYoutube2TextPaper =
    "Ye et al., Video Question Answering via Attribute-Augmented Attention Network Learning, SIGIR "
    "2017";
constexpr const char* kActivityNetQaPaper =
    "Yu et al., ActivityNet-QA: A Dataset for Understanding Complex Web Videos via Question "
    "Answering, AAAI 2019";
constexpr const char* kNextQaPaper =
    "Xiao et al., NExT-QA: Next Phase of Question-Answering to Explaining Temporal Actions, CVPR "
    "2021";

/// Of a reader without Faults.
template <data::QaCorpus (*read)(const DatasetOptions&)>
data::QaCorpus load(const DatasetOptions& options, Faults&) {
  return read(options);
}

template <TgifTask task>
data::QaCorpus load_tgif(const DatasetOptions& options, Faults&) {
  return load_tgif_qa(task, options);
}

template <NextQaTask task>
data::QaCorpus load_next(const DatasetOptions& options, Faults&) {
  return load_next_qa(task, options);
}

}  // namespace

const std::vector<DatasetEntry>& dataset_table() {
  static const std::vector<DatasetEntry> table = {
      {"msvd-qa", "open-ended questions on short YouTube clips", kXuPaper, load<load_msvd_qa>},
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
      {"ego-vqa", "which of five answers about a first-person video is right", kEgoVqaPaper,
       load_ego_vqa},
      {"youtube2text-qa", "which of four words answers, to train for ego-vqa in advance",
       kYoutube2TextPaper, load_youtube2text_qa},
      {"msrvtt-qa", "open-ended questions on web videos", kXuPaper, load<load_msrvtt_qa>},
      {"activitynet-qa", "open-ended questions on long web videos", kActivityNetQaPaper,
       load<load_activitynet_qa>},
      {"next-qa", "which of five answers about causes and order of actions is right", kNextQaPaper,
       load_next<NextQaTask::kMultipleChoice>},
      {"next-qa-oe", "the same, answered with a phrase", kNextQaPaper,
       load_next<NextQaTask::kOpenEnded>},
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
