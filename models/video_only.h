#pragma once

#include <memory>

#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include "models/model.h"
#include "models/text_encoder.h"
#include "models/video_encoder.h"

namespace vidqa::models {

/// The control that answers without having read the question: what clips and answers give away by
/// themselves. HME's video encoders from zero and one hidden layer:
///   v = [last layer-1, layer-2 hidden of a; the same of m] (4h),
///   scores = output(drop(tanh(decoder(drop(v))))).
/// Multiple choice scores every candidate by itself: HME's text encoder reads it, its hidden states
/// starting from the sum of the streams' last ones and its cell states from zero, and its last
/// hidden states (2h) stand behind v. That takes candidates apart from their question
/// (Batch::answers), which TVQA has; elsewhere there is no such control, for Batch::text gives the
/// question away.
class VideoOnly : public Model {
 public:
  explicit VideoOnly(const ModelConfig& config);

  /// Throws c10::Error when the task is multiple choice and the batch has no answers.
  Output forward(const Batch& batch) override;
  /// Does nothing where no words are read.
  void set_word_vectors(const torch::Tensor& vectors) override;

 private:
  std::unique_ptr<TextEncoder> candidate_encoder_;  // null unless multiple choice
  VideoEncoder encoder_a_, encoder_m_;
  torch::nn::Linear decoder_{nullptr};
  torch::nn::Linear output_{nullptr};
  torch::nn::Dropout dropout_{nullptr};
};

}  // namespace vidqa::models
