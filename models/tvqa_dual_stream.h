#pragma once

#include "fusion/fusion.h"
#include "models/model.h"
#include "models/tvqa_encoder.h"
#include "models/tvqa_voter.h"

namespace vidqa::models {

/// The dual-stream variant of TVQA's model (Winterbottom et al., arXiv 2012.10285; --dual_stream of
/// Jumperkables/trying_blp): subtitles and video meet in a fusion, for every text x, the question
/// and each answer:
///
///   V, S  = lstm_raw of the video, the subtitles                         (Tv, d), (Ts, d)
///   v_x   = attention of V over the words of x,  s_x = that of S         (Tv, d), (Ts, d)
///   s'_x  = attention of v_x over s_x                                    (Tv, d)
///   z_x   = F(v_x, s'_x),  M_a = [z_q; z_a]                              (Tv, Z), (Tv, 2Z)
///   score_a = classifier_vid(max over t of lstm_mature_vid(M_a))
///
/// As released, V and S steer the attention and do not enter the fusion. The released weights also
/// hold lstm_mature_sub and classifier_sub, of which no output depends: an import leaves them out.
class TvqaDualStream : public Model {
 public:
  explicit TvqaDualStream(const ModelConfig& config);

  Output forward(const Batch& batch) override;
  torch::Tensor loss(const Output& output, const torch::Tensor& labels) const override;
  void set_word_vectors(const torch::Tensor& vectors) override;

 private:
  TvqaEncoder encoder_;
  fusion::FusionPtr fusion_;
  TvqaVoter voter_;
};

}  // namespace vidqa::models
