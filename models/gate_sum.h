#pragma once

#include <vector>

#include <torch/types.h>

#include "models/ragged.h"

namespace vidqa::models {

/// What a recurrent layer reads at each step, W x + b, where x of answer a of question b is put
/// together from what all answers share, what belongs to the answer, and words that attention
/// mixes:
///
///   row t of sequence n = b fan + a:  shared[t of b] + rows[t of n] weight' + mix[t, :] words of n
///
/// Since mixing is linear, words are multiplied with their weights before they are mixed: a text
/// has a few words, a clip hundreds of steps.
struct GateSum {
  RowLayout contexts;  ///< the clips, one sequence a question
  int64_t fan = 1;     ///< sequences (answers) a clip
  RowLayout texts;     ///< words, one sequence an answer; unused without mix

  enum Input : size_t {
    kShared,  ///< (rows of contexts, G), or (G) where every row is the same
    kRows,    ///< (rows of contexts fan, D), or undefined
    kWeight,  ///< (G, D)
    kMix,     ///< attention weights as AttendedText has them, or undefined
    kWords,   ///< (rows of texts, G)
    kInputs
  };

  /// (rows of contexts fan, G)
  torch::Tensor forward(const std::vector<torch::Tensor>& inputs) const;
  /// Sets the first kInputs of `gradients`, where needed. Of inputs[kShared] only the form (G) is
  /// read; undefined stands for (rows of contexts, G).
  void backward(const std::vector<torch::Tensor>& inputs, const torch::Tensor& d_gates,
                const std::vector<bool>& needed, std::vector<torch::Tensor>& gradients) const;

  /// As an operation of its own, differentiable. `inputs` has kInputs of them.
  static torch::Tensor apply(GateSum spec, const std::vector<torch::Tensor>& inputs);
};

}  // namespace vidqa::models
