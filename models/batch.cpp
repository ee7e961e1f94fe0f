#include "models/batch.h"

namespace vidqa::models {

Batch Batch::to(torch::Device device) const {
  const auto move = [&](const torch::Tensor& t) { return t.defined() ? t.to(device) : t; };
  return {move(text),   move(text_lengths),  move(appearance),
          move(motion), move(video_lengths), move(labels)};
}

}  // namespace vidqa::models
