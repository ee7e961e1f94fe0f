#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace vidqa::train {

/// Nouns and verbs of WordNet (Miller, "WordNet: A Lexical Database for English", CACM 1995), read
/// from the files of its release: index.noun, data.noun, noun.exc and the same of verbs, as
/// Debian's package wordnet-base installs them (formats: wndb(5) and morphy(7) of WordNet 3.0).
class WordNet {
 public:
  enum PartOfSpeech { kNoun, kVerb };
  static constexpr const char* kDefaultFolder = "/usr/share/wordnet";

  /// Throws c10::Error naming the file and the package when a file is missing or is none of these.
  explicit WordNet(const std::string& folder = kDefaultFolder);

  /// Whether the files are there.
  static bool is_in(const std::string& folder);

  /// A meaning: place in an array, the same for as long as the object lives.
  using Synset = int32_t;

  /// Meanings of a word in lower case, of its base forms too ("dogs", "ran"); empty when unknown.
  std::vector<Synset> synsets(const std::string& word, PartOfSpeech part) const;

  /// Similarity of Wu and Palmer (ACL 1994), in (0, 1]: 2 d / (l1 + l2) with d the depth of the
  /// deepest common hypernym, counted from 1 at the root, and l1, l2 d plus the shortest way up to
  /// it. Depth is the longest way to a root, and the deepest hypernym is that with the longest
  /// shortest way, as in NLTK; where several are, the one that gives most. Verbs without a common
  /// hypernym meet in a root above all of them. Both must be of `part`.
  double wu_palmer(Synset a, Synset b, PartOfSpeech part) const;

 private:
  struct Words {
    std::unordered_map<std::string, std::vector<Synset>> senses;          ///< lemma -> meanings
    std::unordered_map<std::string, std::vector<std::string>> irregular;  ///< form -> base forms
    std::vector<std::vector<Synset>> hypernyms;                           ///< by meaning
    std::vector<int32_t> min_depth;  ///< edges on the shortest way to a root
    std::vector<int32_t> max_depth;  ///< on the longest
  };

  static Words read(const std::string& folder, const std::string& part);
  static void fill_depths(Words& words);
  /// Every hypernym of a meaning, itself included, with the edges of the shortest way.
  static std::map<Synset, int32_t> ancestors(const Words& words, Synset synset);

  std::array<Words, 2> words_;
};

}  // namespace vidqa::train
