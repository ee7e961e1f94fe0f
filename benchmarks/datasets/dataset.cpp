#include "benchmarks/datasets/dataset.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/datasets/activitynet_qa.h"
#include "benchmarks/datasets/built_vocabulary.h"
#include "benchmarks/datasets/ego_vqa.h"
#include "benchmarks/datasets/msrvtt_qa.h"
#include "benchmarks/datasets/msvd_qa.h"
#include "benchmarks/datasets/next_qa.h"
#include "benchmarks/datasets/tgif_qa.h"
#include "benchmarks/datasets/tvqa.h"
#include "benchmarks/datasets/tvqa_hme.h"
#include "benchmarks/datasets/youtube2text_qa.h"
#include "pipeline/data/tokenizer.h"

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

void encode_as_xu(const data::QaCorpus& corpus, const DatasetOptions&, data::Question& question) {
  question.word_ids = {data::encode(data::msvd_words(question.text), corpus.vocabulary)};
}

void encode_as_tgif(const data::QaCorpus& corpus, const DatasetOptions&, data::Question& question) {
  encode_tgif_question(corpus.vocabulary, question);
}

void encode_as_tvqa(const data::QaCorpus& corpus, const DatasetOptions& options,
                    data::Question& question) {
  encode_tvqa_question(corpus.vocabulary, question);
  if (options.hard_restrict) restrict_hme_words(question);
}

void encode_as_ego(const data::QaCorpus& corpus, const DatasetOptions& options,
                   data::Question& question) {
  std::vector<std::vector<int64_t>> candidates;
  for (const std::string& candidate : question.candidates)
    candidates.push_back(ego_word_ids(candidate, corpus.vocabulary));
  question.word_ids = join_candidates(ego_word_ids(question.text, corpus.vocabulary), candidates,
                                      options.candidate_padding);
}

void encode_as_youtube2text(const data::QaCorpus& corpus, const DatasetOptions&,
                            data::Question& question) {
  encode_youtube2text_question(corpus.vocabulary, question);
}

void encode_as_plain(const data::QaCorpus& corpus, const DatasetOptions&,
                     data::Question& question) {
  encode_question(corpus.vocabulary, data::plain_words, question);
}

}  // namespace

const std::vector<DatasetEntry>& dataset_table() {
  static const std::vector<DatasetEntry> table = {
      {"msvd-qa", "open-ended questions on short YouTube clips", kXuPaper, load<load_msvd_qa>,
       encode_as_xu},
      {"tgif-action", "which of five actions is repeated N times", kTgifQaPaper,
       load_tgif<TgifTask::kAction>, encode_as_tgif},
      {"tgif-transition", "which of five actions comes before or after another", kTgifQaPaper,
       load_tgif<TgifTask::kTransition>, encode_as_tgif},
      {"tgif-count", "how many times an action is repeated", kTgifQaPaper,
       load_tgif<TgifTask::kCount>, encode_as_tgif},
      {"tgif-frameqa", "open-ended questions that one frame answers", kTgifQaPaper,
       load_tgif<TgifTask::kFrameQa>, encode_as_tgif},
      {"tvqa", "which of five answers about a TV show is right, with subtitles", kTvqaPaper,
       load_tvqa, encode_as_tvqa},
      {"ego-vqa", "which of five answers about a first-person video is right", kEgoVqaPaper,
       load_ego_vqa, encode_as_ego},
      {"youtube2text-qa", "which of four words answers, to train for ego-vqa in advance",
       kYoutube2TextPaper, load_youtube2text_qa, encode_as_youtube2text},
      {"msrvtt-qa", "open-ended questions on web videos", kXuPaper, load<load_msrvtt_qa>,
       encode_as_xu},
      {"activitynet-qa", "open-ended questions on long web videos", kActivityNetQaPaper,
       load<load_activitynet_qa>, encode_as_plain},
      {"next-qa", "which of five answers about causes and order of actions is right", kNextQaPaper,
       load_next<NextQaTask::kMultipleChoice>, encode_as_plain},
      {"next-qa-oe", "the same, answered with a phrase", kNextQaPaper,
       load_next<NextQaTask::kOpenEnded>, encode_as_plain},
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
