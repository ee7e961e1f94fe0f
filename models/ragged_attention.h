#pragma once

#include <vector>

#include <torch/types.h>

#include "models/ragged.h"

namespace vidqa::models {

/// Where the attention weights of every sequence lie: for sequence n = b fan + a a matrix (steps of
/// clip b, words of text n), one after another in one flat tensor, without padding.
struct MixLayout {
  RowLayout contexts;  ///< the clips, one sequence a question
  int64_t fan = 1;     ///< texts (answers) a clip
  RowLayout texts;     ///< words, fan sequences a clip

  /// Where each matrix begins, and where the last ends.
  std::vector<int64_t> offsets() const;

  int64_t length(int64_t n) const { return contexts.length(n / fan); }
  /// Rows of sequence n in what has rows for every step of every sequence.
  torch::Tensor rows_of(const torch::Tensor& rows, int64_t n) const {
    const int64_t b = n / fan;
    return rows.narrow(0, contexts.offset(b) * fan + (n % fan) * length(n), length(n));
  }
  torch::Tensor of(const torch::Tensor& mix, int64_t n, const std::vector<int64_t>& offsets) const {
    return mix.narrow(0, offsets[static_cast<size_t>(n)], length(n) * texts.length(n))
        .view({length(n), texts.length(n)});
  }
};

struct AttendedText {
  torch::Tensor mix;  ///< attention weights, flat (MixLayout)
  /// (rows of contexts fan, d): for each step of the clip a mixture of the words, U in TVQA.
  torch::Tensor text;
};

/// Dot-product attention of every step of a clip over the words of each of its texts, `bidaf` of
/// TVQA (Lei et al., EMNLP 2018, arXiv 1809.01696, section 5.1; only this direction is used):
///   mix = softmax over words of (context . word), text = mix words.
/// context (rows of contexts, d), words (rows of texts, d).
AttendedText attend(const MixLayout& layout, const torch::Tensor& context,
                    const torch::Tensor& words);

/// The same with Torch's operators on padded sequences: what attend() does where it has no kernel
/// (CUDA, reduced precision).
AttendedText attend_padded(const MixLayout& layout, const torch::Tensor& context,
                           const torch::Tensor& words);

}  // namespace vidqa::models
