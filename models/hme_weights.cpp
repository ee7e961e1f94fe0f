#include "models/hme_weights.h"

#include <algorithm>

#include <c10/util/Exception.h>

#include "models/state_shapes.h"

namespace vidqa::models {

ModelConfig infer_hme_config(const std::string& model,
                             const std::map<std::string, torch::Tensor>& state,
                             const std::string& fusion) {
  const auto size = [&](const std::string& name, int64_t axis) {
    return published_size(state, model, name, axis);
  };
  const bool has_fusion = std::any_of(state.begin(), state.end(), [](const auto& item) {
    return item.first.rfind("mm_att.blp.", 0) == 0;
  });
  TORCH_CHECK(!has_fusion || fusion != kNoFusion, "weights of ", model,
              ": there are tensors 'mm_att.blp.*' of a fusion, which has to be named (--fusion)");

  ModelConfig config;
  config.fusion = fusion;
  config.vocab_size = size("embed.weight", 0);
  config.word_dim = size("embed.weight", 1);
  config.hidden = size("lstm_text_2.weight_hh", 1);
  const int64_t num_outputs = size("linear_decoder_count_2.weight", 0);
  config.task = num_outputs > 1 ? Task::kOpenEnded : Task::kCount;
  config.num_classes = num_outputs > 1 ? num_outputs : 0;
  config.video_encoder_dim = size("video_encoder.weight", 1);
  if (model == "hme" || model == "co_memory") {
    config.appearance_dim = size("lstm_video_1a.weight_ih", 1);
    config.motion_dim = size("lstm_video_1m.weight_ih", 1);
  } else {
    const int64_t both = size("lstm_video_1.weight_ih", 1);
    config.appearance_dim = both / 2;
    config.motion_dim = both - config.appearance_dim;
  }
  if (model == "hme") config.slots = size("mrm_vid.read_prob.weight", 0);
  return config;
}

}  // namespace vidqa::models
