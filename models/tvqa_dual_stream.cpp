#include "models/tvqa_dual_stream.h"

#include <torch/torch.h>

#include "models/ragged_attention.h"
#include "models/tvqa.h"

namespace vidqa::models {
namespace {

using torch::Tensor;

constexpr const char* kVideo = "imagenet";
constexpr const char* kSubtitles = "sub";

/// z_x of `fan` texts a clip: (rows of the video fan, Z).
Tensor fuse_streams(fusion::Fusion& fusion, const EncodedRows& video, const EncodedRows& subtitles,
                    const EncodedRows& texts, int64_t fan) {
  const Tensor v = attend({video.layout, fan, texts.layout}, video.rows, texts.rows).text;
  const Tensor s = attend({subtitles.layout, fan, texts.layout}, subtitles.rows, texts.rows).text;
  const Tensor aligned =
      attend({video.layout.repeated(fan), 1, subtitles.layout.repeated(fan)}, v, s).text;
  return fusion.forward(v, aligned);
}

}  // namespace

TvqaDualStream::TvqaDualStream(const ModelConfig& config)
    : Model(config),
      encoder_(*this, config),
      fusion_(register_fusion(*this, "blp", config)),
      voter_(*this, config, kVideo, 2, config.tvqa.fusion_dim) {}

Output TvqaDualStream::forward(const Batch& batch) {
  const EncodedBatch encoded = encoder_.forward(batch);
  const EncodedRows& video = encoded.streams.at(kVideo);
  const EncodedRows& subtitles = encoded.streams.at(kSubtitles);
  MatureInput input;
  input.steps = video.layout;
  input.num_answers = encoded.num_answers;
  input.of_question = {{fuse_streams(*fusion_, video, subtitles, encoded.question, 1), {0}}};
  input.of_answer = {
      {fuse_streams(*fusion_, video, subtitles, encoded.answers, encoded.num_answers), {1}}};
  Output output;
  output.scores = voter_.score(input);
  return output;
}

Tensor TvqaDualStream::loss(const Output& output, const Tensor& labels) const {
  return torch::cross_entropy_loss(output.scores, labels);
}

void TvqaDualStream::set_word_vectors(const Tensor& vectors) { encoder_.set_word_vectors(vectors); }

}  // namespace vidqa::models
