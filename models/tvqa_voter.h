#pragma once

#include <string>
#include <vector>

#include <torch/nn/modules/container/sequential.h>

#include "models/bidirectional_lstm.h"
#include "models/model.h"
#include "models/ragged.h"
#include "models/ragged_attention.h"
#include "models/tvqa_encoder.h"

namespace vidqa::models {

/// What `lstm_mature_X` reads, M_a of tvqa.h, in pieces: M_a is slots of columns side by side, all
/// equally wide, and a piece is added to one or more slots. What all answers share is not
/// repeated, and of attended texts the attention weights are known.
struct MatureInput {
  using Slots = std::vector<size_t>;

  struct Piece {
    torch::Tensor rows;
    Slots slots;
  };
  struct AttendedPiece {
    const AttendedText* text = nullptr;  ///< null: none
    const EncodedRows* words = nullptr;
    Slots slots;
  };

  RowLayout steps;  ///< of the stream, B sequences
  int64_t num_answers = 0;
  std::vector<Piece> of_question;  ///< (rows of steps, d)
  AttendedPiece attended_question;
  std::vector<Piece> of_answer;  ///< (rows of steps.repeated(A), d)
  AttendedPiece attended_answer;
};

/// What scores the answers by one stream: `lstm_mature_X`, the maximum over time and
/// `classifier_X`. The published weights name the parts as the model's own, so this is no module.
class TvqaVoter {
 public:
  /// Registers the parts in `owner`; M_a is `num_slots` slots of `width` columns.
  TvqaVoter(torch::nn::Module& owner, const ModelConfig& config, const std::string& stream,
            size_t num_slots, int64_t width);

  const std::string& stream() const { return stream_; }
  /// Scores (B, A).
  torch::Tensor score(const MatureInput& input);

 private:
  torch::Tensor pool_pieces(const MatureInput& input);
  torch::Tensor pool_whole(const MatureInput& input);

  std::string stream_;
  size_t num_slots_;
  int64_t width_;
  BidirectionalLstm lstm_mature_{nullptr};
  torch::nn::Sequential classifier_;
};

}  // namespace vidqa::models
