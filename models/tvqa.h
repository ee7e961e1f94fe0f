#pragma once

#include <string>
#include <vector>

#include "fusion/fusion.h"
#include "models/deep_cca.h"
#include "models/model.h"
#include "models/ragged_attention.h"
#include "models/tvqa_encoder.h"
#include "models/tvqa_voter.h"

namespace vidqa::models {

/// The "ABC" model of TVQA (Lei et al., EMNLP 2018, arXiv 1809.01696) as jayleicn/TVQA releases it,
/// with the variants of Jumperkables/trying_blp (Winterbottom et al., arXiv 2012.10285). Every
/// stream scores every answer, and the streams' scores are added:
///
///   C, X_q, X_a = lstm_raw of the stream, the question, the answer a     (T, d), (L, d)
///   U_x  = softmax(C X_x') X_x                                           (T, d)
///   M_a  = [C; U_a; U_q; U_a*C; U_q*C]                                   (T, 5d)
///   score_a = classifier(max over t of lstm_mature(M_a))
///
/// With a fusion F, M_a = [F(U_q, C); F(U_a, C)]; one F for all streams as released, or one each.
/// Without the question, M_a = [C; U_a; U_a*C; U_a+C; (U_a*C)*(U_a+C)]. With deep CCA, U_q and C
/// are projected first; U_a stays that of the unprojected C, as released.
///
/// Nothing is padded and nothing is computed twice: the rows of all sequences lie behind one
/// another, the answers of a question are one batch, and what they share is multiplied once
/// (gate_sum.h). Where there is no kernel (CUDA), M_a is put together as above.
class Tvqa : public Model {
 public:
  explicit Tvqa(const ModelConfig& config);

  Output forward(const Batch& batch) override;
  torch::Tensor loss(const Output& output, const torch::Tensor& labels) const override;
  void set_word_vectors(const torch::Tensor& vectors) override;

 private:
  /// What stands between the encoder and the vote of a stream.
  struct Stage {
    TvqaVoter voter;
    fusion::FusionPtr fusion;  ///< null: concatenation
    DeepCca deep_cca{nullptr};
  };
  struct Attended;

  Stage register_stage(const std::string& stream);
  MatureInput concatenated(const Attended& parts) const;
  MatureInput without_question(const Attended& parts) const;
  MatureInput projected(const Attended& parts, const DeepCcaImpl::Views& views) const;
  MatureInput fused(const Attended& parts, fusion::Fusion& fusion) const;

  TvqaEncoder encoder_;
  fusion::FusionPtr shared_fusion_;
  std::vector<Stage> stages_;
};

/// Throws c10::Error naming the option of `config` that does not fit the model `name`.
void validate_tvqa(const std::string& name, const ModelConfig& config);

/// Registers the fusion of `config` in `owner` as `name`; null where it has none.
fusion::FusionPtr register_fusion(torch::nn::Module& owner, const std::string& name,
                                  const ModelConfig& config);

}  // namespace vidqa::models
