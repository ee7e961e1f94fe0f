#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <torch/types.h>

#include "pipeline/data/vocabulary.h"

namespace vidqa::data {

struct WordVectorOptions {
  /// Text file of GloVe: a line a word, `word v1 ... vD`, separated by blanks. Or a Python pickle
  /// (.pickle, .pkl) or NumPy file (.npy) of an array (V, D) with the vector of every word of the
  /// vocabulary, in its order, such as TVQA's vocab_embedding.pickle and MSVD-QA's
  /// word_embedding.npy. Unset: no word is found in it.
  std::optional<std::string> path;
  int64_t dim = 300;
  uint64_t seed = 1;
  double unknown_deviation = 1;  ///< standard deviation of the vectors of words that are not found
  /// With a text file: words that it lacks get the mean over all V rows, their own counted as
  /// zeros, instead (published MSVD-QA).
  bool unknown_mean = false;
};

struct WordVectors {
  torch::Tensor vectors;  ///< (V, dim) float32
  int64_t found = 0;      ///< words of the vocabulary that stand in the file
};

/// One vector a word of `vocabulary`. Words that the file lacks get normally distributed entries
/// around 0, as in the published code of TGIF-QA (deviation 1) and TVQA (0.4), which the seed
/// decides, or the mean row.
///
/// Throws c10::Error naming file and line: another number of values than `dim`, a value that is not
/// a finite number. Also when no word at all is found, which means a wrong file, and for an
/// array of another shape.
WordVectors load_word_vectors(const Vocabulary& vocabulary, const WordVectorOptions& options);

}  // namespace vidqa::data
