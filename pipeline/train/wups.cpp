#include "pipeline/train/wups.h"

#include <algorithm>
#include <vector>

#include "pipeline/data/tokenizer.h"

namespace vidqa::train {
namespace {

constexpr double kBelowThreshold = 0.1;

std::vector<std::string> words_of(const std::string& answer) {
  std::string text = data::ascii_lower(answer);
  std::replace(text.begin(), text.end(), ',', ' ');
  return data::split_at_whitespace(text);
}

}  // namespace

double Wups::similarity(const std::string& a, const std::string& b) const {
  if (a == b) return 1;
  const auto key = std::minmax(a, b);
  const auto [entry, is_new] = known_.emplace(std::pair(key.first, key.second), 0);
  if (!is_new) return entry->second;
  double best = 0;
  for (const auto part : {WordNet::kNoun, WordNet::kVerb}) {
    const std::vector<WordNet::Synset> meanings_b = wordnet_.synsets(b, part);
    if (meanings_b.empty()) continue;
    for (const WordNet::Synset x : wordnet_.synsets(a, part))
      for (const WordNet::Synset y : meanings_b)
        best = std::max(best, wordnet_.wu_palmer(x, y, part));
  }
  return entry->second = best;
}

double Wups::score(const std::string& a, const std::string& b, double threshold) const {
  const std::vector<std::string> words_a = words_of(a);
  const std::vector<std::string> words_b = words_of(b);
  if (words_a.empty() || words_b.empty()) return words_a.empty() && words_b.empty() ? 1 : 0;
  const auto product = [&](const auto& from, const auto& to) {
    double result = 1;
    for (const std::string& word : from) {
      double best = 0;
      for (const std::string& other : to) {
        const double s = similarity(word, other);
        best = std::max(best, s < threshold ? kBelowThreshold * s : s);
      }
      result *= best;
    }
    return result;
  };
  return std::min(product(words_a, words_b), product(words_b, words_a));
}

}  // namespace vidqa::train
