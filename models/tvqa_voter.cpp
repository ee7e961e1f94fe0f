#include "models/tvqa_voter.h"

#include <utility>

#include <torch/torch.h>

#include "fusion/fused_operator.h"
#include "models/gate_sum.h"

namespace vidqa::models {
namespace {

using torch::Tensor;

/// Linear(width, 1), and before it `layers` - 1 times Linear, ReLU, Dropout.
torch::nn::Sequential make_classifier(int64_t width, int64_t layers) {
  constexpr int64_t kHidden = 500;
  torch::nn::Sequential classifier;
  for (int64_t i = 0; i + 1 < layers; ++i) {
    classifier->push_back(torch::nn::Linear(width, kHidden));
    classifier->push_back(torch::nn::ReLU());
    classifier->push_back(torch::nn::Dropout(0.5));
    width = kHidden;
  }
  classifier->push_back(torch::nn::Linear(width, 1));
  return classifier;
}

Tensor side_by_side(const std::vector<Tensor>& columns) {
  return columns.size() == 1 ? columns[0] : torch::cat(columns, 1);
}

/// The inputs of a GateSum; `weights` (G, d) by slot.
class GateInputs {
 public:
  GateInputs(const std::vector<Tensor>& weights, Tensor shared)
      : weights_(weights), inputs_(GateSum::kInputs) {
    inputs_[GateSum::kShared] = std::move(shared);
  }

  void add(const std::vector<MatureInput::Piece>& pieces) {
    if (pieces.empty()) return;
    std::vector<Tensor> rows;
    std::vector<Tensor> weights;
    for (const MatureInput::Piece& piece : pieces) {
      rows.push_back(piece.rows);
      weights.push_back(weight(piece.slots));
    }
    inputs_[GateSum::kRows] = side_by_side(rows);
    inputs_[GateSum::kWeight] = side_by_side(weights);
  }

  void add(const MatureInput::AttendedPiece& piece) {
    if (piece.text == nullptr) return;
    inputs_[GateSum::kMix] = piece.text->mix;
    inputs_[GateSum::kWords] = torch::linear(piece.words->rows, weight(piece.slots));
  }

  const std::vector<Tensor>& all() const { return inputs_; }

 private:
  Tensor weight(const MatureInput::Slots& slots) const {
    Tensor sum = weights_[slots.at(0)];
    for (size_t i = 1; i < slots.size(); ++i) sum = sum + weights_[slots[i]];
    return sum;
  }

  const std::vector<Tensor>& weights_;
  std::vector<Tensor> inputs_;
};

RowLayout layout_of(const MatureInput::AttendedPiece& piece) {
  return piece.words == nullptr ? RowLayout() : piece.words->layout;
}

}  // namespace

TvqaVoter::TvqaVoter(torch::nn::Module& owner, const ModelConfig& config, const std::string& stream,
                     size_t num_slots, int64_t width)
    : stream_(stream),
      num_slots_(num_slots),
      width_(width),
      lstm_mature_(static_cast<int64_t>(num_slots) * width, config.tvqa.hidden_mature),
      classifier_(make_classifier(2 * config.tvqa.hidden_mature, config.tvqa.classifier_layers)) {
  const std::string name = published_stream_name(stream);
  register_within(owner, "lstm_mature_" + name, "rnn", lstm_mature_.ptr());
  register_within(owner, "classifier_" + name, "main", classifier_.ptr());
}

Tensor TvqaVoter::score(const MatureInput& input) {
  const Tensor pooled = fusion::has_cpu_kernels(input.of_answer.at(0).rows)
                            ? pool_pieces(input)
                            : pool_whole(input);  // (B A, 2H)
  return classifier_->forward(pooled).view({-1, input.num_answers});
}

Tensor TvqaVoter::pool_pieces(const MatureInput& input) {
  const auto weights =
      lstm_mature_->input_weight(0, lstm_mature_->input_size()).split(width_, 1);  // each (G, d)
  GateInputs of_question(weights, lstm_mature_->input_bias());
  of_question.add(input.of_question);
  of_question.add(input.attended_question);
  const Tensor shared = GateSum::apply({input.steps, 1, layout_of(input.attended_question)},
                                       of_question.all());  // (rows of steps, G)
  GateInputs of_answer(weights, shared);
  of_answer.add(input.of_answer);
  of_answer.add(input.attended_answer);
  return lstm_mature_->run_max({input.steps, input.num_answers, layout_of(input.attended_answer)},
                               of_answer.all());
}

Tensor TvqaVoter::pool_whole(const MatureInput& input) {
  std::vector<Tensor> slots(num_slots_);
  const auto add = [&](const Tensor& rows, const MatureInput::Slots& to) {
    for (const size_t slot : to) slots[slot] = slots[slot].defined() ? slots[slot] + rows : rows;
  };
  for (const MatureInput::Piece& piece : input.of_question)
    add(input.steps.repeat(piece.rows, input.num_answers), piece.slots);
  if (input.attended_question.text != nullptr)
    add(input.steps.repeat(input.attended_question.text->text, input.num_answers),
        input.attended_question.slots);
  for (const MatureInput::Piece& piece : input.of_answer) add(piece.rows, piece.slots);
  if (input.attended_answer.text != nullptr)
    add(input.attended_answer.text->text, input.attended_answer.slots);
  return lstm_mature_->forward_max(torch::cat(slots, 1), input.steps.repeated(input.num_answers));
}

}  // namespace vidqa::models
