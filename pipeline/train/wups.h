#pragma once

#include <map>
#include <string>
#include <utility>

#include "pipeline/train/wordnet.h"

namespace vidqa::train {

/// Wu-Palmer similarity of two answers, after Malinowski and Fritz, "A Multi-World Approach to
/// Question Answering about Real-World Scenes based on Uncertain Input" (NIPS 2014, arXiv
/// 1410.0210):
///
///   WUPS(A, B) = min( prod over a in A of max over b in B of s(a, b),
///                     prod over b in B of max over a in A of s(a, b) )
///
/// A and B are the words of the answers (lower case, between blanks and commas), and s is 1 for
/// equal words, else the greatest Wu-Palmer similarity of any two of their meanings, times 0.1
/// where it is below a threshold; 0 where a word is not in WordNet. WUPS at 0.9 counts near misses
/// hardly at all, WUPS at 0.0 in full. Nouns and verbs are compared, each among themselves (their
/// code: nouns).
class Wups {
 public:
  explicit Wups(const std::string& wordnet_folder = WordNet::kDefaultFolder)
      : wordnet_(wordnet_folder) {}

  /// In 0..1; two answers without a word are equal.
  double score(const std::string& a, const std::string& b, double threshold) const;

  /// Greatest similarity of two words, before the threshold.
  double similarity(const std::string& a, const std::string& b) const;

 private:
  WordNet wordnet_;
  mutable std::map<std::pair<std::string, std::string>, double> known_;  ///< not thread-safe
};

}  // namespace vidqa::train
