#pragma once

#include <string>

#include <torch/types.h>

#include "models/batch.h"
#include "models/model_config.h"

namespace vidqa::models {

/// The two streams of a batch in the roles in which HME and its relatives read them
/// (ModelConfig::stream_roles).
struct StreamPair {
  torch::Tensor m;        ///< (B, T, Dm), of the modules whose names end in m
  torch::Tensor a;        ///< (B, T, Da), of those whose names end in a
  torch::Tensor lengths;  ///< (B) int64
};

struct StreamPairWidths {
  int64_t m = 0;
  int64_t a = 0;
};

StreamPairWidths stream_pair_widths(const ModelConfig& config);

/// ModelConfig::video_encoder_dim, resolved.
int64_t unused_video_encoder_dim(const ModelConfig& config);

/// Throws c10::Error beginning with `model` when the batch has no video, or a stream has another
/// width than the model.
StreamPair stream_pair(const std::string& model, const Batch& batch, const ModelConfig& config);

}  // namespace vidqa::models
