#include "models/stream_pair.h"

#include <utility>

#include <torch/torch.h>

namespace vidqa::models {

StreamPairWidths stream_pair_widths(const ModelConfig& config) {
  StreamPairWidths widths{config.motion_dim, config.appearance_dim};
  if (config.stream_roles == StreamRoles::kSwapped) std::swap(widths.m, widths.a);
  return widths;
}

int64_t unused_video_encoder_dim(const ModelConfig& config) {
  return config.video_encoder_dim > 0 ? config.video_encoder_dim
                                      : config.appearance_dim + config.motion_dim;
}

StreamPair stream_pair(const std::string& model, const Batch& batch, const ModelConfig& config) {
  TORCH_CHECK(batch.has_video(), model,
              ": the batch must have video streams; the question_only model needs none");
  const auto check_width = [&](const char* stream, const torch::Tensor& rows, int64_t width) {
    TORCH_CHECK(rows.size(2) == width, model, ": ", stream, " features must be ", width,
                " wide, got shape ", rows.sizes());
  };
  check_width("appearance", batch.appearance, config.appearance_dim);
  check_width("motion", batch.motion, config.motion_dim);
  StreamPair pair{batch.motion, batch.appearance, batch.video_lengths};
  if (config.stream_roles == StreamRoles::kSwapped) std::swap(pair.m, pair.a);
  return pair;
}

}  // namespace vidqa::models
