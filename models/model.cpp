#include "models/model.h"

#include <algorithm>

#include <torch/torch.h>

#include "models/hme.h"
#include "models/question_only.h"

namespace vidqa::models {
namespace {

template <typename M>
ModelPtr make(const ModelConfig& config) {
  return std::make_shared<M>(config);
}

}  // namespace

const std::vector<ModelEntry>& model_table() {
  static const std::vector<ModelEntry> table = {
      {"hme", "heterogeneous memories for appearance, motion and question",
       "Fan et al., CVPR 2019, arXiv 1904.04357", true, true, make<Hme>},
      {"question_only", "the text encoder alone: what needs no video", "control of this project",
       false, false, make<QuestionOnly>},
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
  if (row.uses_video) {
    TORCH_CHECK(config.appearance_dim > 0 && config.motion_dim > 0, name,
                ": needs features of both video streams, got widths ", config.appearance_dim,
                " and ", config.motion_dim);
    TORCH_CHECK(config.slots > 0, name, ": slots must be positive, got ", config.slots);
  }
  TORCH_CHECK(row.uses_fusion || config.fusion == kNoFusion, name,
              ": has no place for a fusion, got '", config.fusion, "'");
  return row.make(config);
}

}  // namespace vidqa::models
