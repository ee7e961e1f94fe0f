#include "models/model.h"

#include <algorithm>

#include <torch/torch.h>

#include "models/answer_head.h"
#include "models/co_memory.h"
#include "models/hme.h"
#include "models/lstm_enc_dec.h"
#include "models/question_only.h"
#include "models/st_vqa.h"
#include "models/tvqa.h"
#include "models/tvqa_dual_stream.h"
#include "models/video_only.h"

namespace vidqa::models {
namespace {

template <typename M>
ModelPtr make(const ModelConfig& config) {
  return std::make_shared<M>(config);
}

}  // namespace

torch::Tensor Model::loss(const Output& output, const torch::Tensor& labels) const {
  return answer_loss(config_.task, output.scores, labels);
}

std::vector<torch::Tensor> Model::parameters_without(
    const std::vector<std::string>& prefixes) const {
  std::vector<torch::Tensor> result;
  for (const auto& item : named_parameters()) {
    const bool is_left_out =
        std::any_of(prefixes.begin(), prefixes.end(),
                    [&](const std::string& prefix) { return item.key().rfind(prefix, 0) == 0; });
    if (!is_left_out) result.push_back(item.value());
  }
  return result;
}

bool ModelEntry::reads_text(Task task) const {
  return text == TextInput::kQuestion || task == Task::kMultipleChoice;
}

bool ModelEntry::answers(Task task) const {
  return std::find(tasks.begin(), tasks.end(), task) != tasks.end();
}

const std::vector<ModelEntry>& model_table() {
  static const std::vector<Task> all = {Task::kOpenEnded, Task::kMultipleChoice, Task::kCount};
  static const std::vector<ModelEntry> table = {
      {"hme", "heterogeneous memories for appearance, motion and question",
       "Fan et al., CVPR 2019, arXiv 1904.04357", all, TextInput::kQuestion,
       VideoInput::kTwoStreams, FusionUse::kOptional, true, make<Hme>},
      {"lstm_enc_dec", "LSTM over the video, then over the question; baseline of HME's authors",
       "Fan, ICCV workshop 2019, EgoVQA", all, TextInput::kQuestion, VideoInput::kTwoStreams,
       FusionUse::kNone, false, make<LstmEncDec>},
      {"st_vqa", "the same with attention over time; baseline of HME's authors",
       "Jang et al., CVPR 2017, arXiv 1704.04497", all, TextInput::kQuestion,
       VideoInput::kTwoStreams, FusionUse::kNone, true, make<StVqa>},
      {"co_memory", "memories of appearance and motion that attend to each other",
       "Gao et al., CVPR 2018, arXiv 1803.10906", all, TextInput::kQuestion,
       VideoInput::kTwoStreams, FusionUse::kNone, true, make<CoMemory>},
      {"tvqa",
       "attention of each stream over question and answers, streams vote",
       "Lei et al., EMNLP 2018, arXiv 1809.01696",
       {Task::kMultipleChoice},
       TextInput::kQuestion,
       VideoInput::kNamedStreams,
       FusionUse::kOptional,
       false,
       make<Tvqa>},
      {"tvqa_dual_stream",
       "TVQA's model where subtitles and video meet in a fusion",
       "Winterbottom et al., BMVC 2020, arXiv 2012.10285",
       {Task::kMultipleChoice},
       TextInput::kQuestion,
       VideoInput::kNamedStreams,
       FusionUse::kNeeded,
       false,
       make<TvqaDualStream>},
      {"question_only", "the text encoder alone: what needs no video", "control of this project",
       all, TextInput::kQuestion, VideoInput::kNone, FusionUse::kNone, false, make<QuestionOnly>},
      {"video_only", "the video encoders alone: what needs no question", "control of this project",
       all, TextInput::kCandidates, VideoInput::kTwoStreams, FusionUse::kNone, false,
       make<VideoOnly>},
  };
  return table;
}

const ModelEntry& find_model(const std::string& name) {
  const auto& table = model_table();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const ModelEntry& row) { return row.name == name; });
  if (found != table.end()) return *found;
  std::string names;
  for (const ModelEntry& row : table) names += (names.empty() ? "" : ", ") + row.name;
  TORCH_CHECK(false, "model: unknown name '", name, "'; accepted: ", names);
}

ModelPtr make_model(const std::string& name, const ModelConfig& config) {
  const ModelEntry& row = find_model(name);
  TORCH_CHECK(config.vocab_size > 0, name, ": the vocabulary is empty");
  TORCH_CHECK(config.hidden > 0 && config.word_dim > 0, name,
              ": hidden and word_dim must be positive, got ", config.hidden, " and ",
              config.word_dim);
  if (row.video == VideoInput::kTwoStreams) {
    TORCH_CHECK(config.appearance_dim > 0 && config.motion_dim > 0, name,
                ": needs features of both video streams, got widths ", config.appearance_dim,
                " and ", config.motion_dim);
  }
  TORCH_CHECK(row.answers(config.task), name, ": has no answer head for ", to_string(config.task),
              " questions");
  const bool fuses = config.fusion != kNoFusion;
  TORCH_CHECK(row.fusion != FusionUse::kNone || !fuses, name, ": has no place for a fusion, got '",
              config.fusion, "'");
  TORCH_CHECK(row.fusion != FusionUse::kNeeded || fuses, name,
              ": needs a fusion, e.g. --fusion mfh");
  TORCH_CHECK(config.fusion_place == HmeFusionPlace::kModalityAttention || name == "hme", name,
              ": the fusion place video-question is of hme alone");
  if (row.video == VideoInput::kNamedStreams) validate_tvqa(name, config);
  return row.make(config);
}

}  // namespace vidqa::models
