#include "pipeline/train/wordnet.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>

namespace vidqa::train {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kParts = {"noun", "verb"};

/// A suffix and what stands in its place in the base form (morphy(7)).
struct Ending {
  const char* suffix;
  const char* base;
};
const std::array<std::vector<Ending>, 2> kEndings = {std::vector<Ending>{{"s", ""},
                                                                         {"ses", "s"},
                                                                         {"ves", "f"},
                                                                         {"xes", "x"},
                                                                         {"zes", "z"},
                                                                         {"ches", "ch"},
                                                                         {"shes", "sh"},
                                                                         {"men", "man"},
                                                                         {"ies", "y"}},
                                                     std::vector<Ending>{{"s", ""},
                                                                         {"ies", "y"},
                                                                         {"es", "e"},
                                                                         {"es", ""},
                                                                         {"ed", "e"},
                                                                         {"ed", ""},
                                                                         {"ing", "e"},
                                                                         {"ing", ""}}};

/// Fields of one line of a WordNet file.
class Fields {
 public:
  Fields(const std::string& line, std::string where) : stream_(line), where_(std::move(where)) {}

  std::string text() {
    std::string field;
    TORCH_CHECK(stream_ >> field, where_, ": the line is cut off; install wordnet-base again");
    return field;
  }
  int64_t number(int base = 10) {
    const std::string field = text();
    int64_t value = 0;
    const auto [stop, error] =
        std::from_chars(field.data(), field.data() + field.size(), value, base);
    TORCH_CHECK(error == std::errc() && stop == field.data() + field.size(), where_, ": '", field,
                "' must be a number; this is no file of WordNet 3");
    return value;
  }
  std::optional<std::string> next() {
    std::string field;
    return stream_ >> field ? std::optional<std::string>(field) : std::nullopt;
  }

 private:
  std::istringstream stream_;
  std::string where_;
};

/// Lines but those of the licence, which begin with a blank.
template <typename Take>
void for_each_line(const std::string& path, const Take& take) {
  std::ifstream stream(path, std::ios::binary);
  TORCH_CHECK(stream.good(), path,
              ": no such file; WUPS needs WordNet, Debian's package "
              "wordnet-base, or its folder (--wordnet)");
  int64_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.empty() || line.front() == ' ') continue;
    Fields fields(line, fmt::format("{}: line {}", path, number));
    take(fields);
  }
  TORCH_CHECK(!stream.bad() && number > 0, path, ": cannot be read to its end");
}

}  // namespace

bool WordNet::is_in(const std::string& folder) {
  return std::all_of(kParts.begin(), kParts.end(), [&](const std::string& part) {
    return fs::exists(fs::path(folder) / ("index." + part)) &&
           fs::exists(fs::path(folder) / ("data." + part));
  });
}

WordNet::WordNet(const std::string& folder) {
  for (size_t part = 0; part < kParts.size(); ++part) words_[part] = read(folder, kParts[part]);
}

WordNet::Words WordNet::read(const std::string& folder, const std::string& part) {
  Words words;
  std::unordered_map<int64_t, Synset> synset_at;  // byte offset in data.* -> meaning
  std::vector<std::vector<int64_t>> hypernym_offsets;
  // offset, file of the lexicographers, type, number of words (hexadecimal), words with their ids,
  // number of pointers, pointers of four fields each
  for_each_line(fmt::format("{}/data.{}", folder, part), [&](Fields& fields) {
    synset_at.emplace(fields.number(), static_cast<Synset>(hypernym_offsets.size()));
    fields.text();
    fields.text();
    for (int64_t left = 2 * fields.number(16); left > 0; --left) fields.text();
    std::vector<int64_t>& up = hypernym_offsets.emplace_back();
    for (int64_t left = fields.number(); left > 0; --left) {
      const std::string symbol = fields.text();
      const int64_t target = fields.number();
      fields.text();
      fields.text();
      if (symbol == "@" || symbol == "@i") up.push_back(target);
    }
  });
  const auto synset_of = [&](int64_t offset) {
    const auto found = synset_at.find(offset);
    TORCH_CHECK(found != synset_at.end(), folder, "/data.", part, ": holds no meaning at byte ",
                offset, "; the files do not belong together");
    return found->second;
  };
  for (const std::vector<int64_t>& offsets : hypernym_offsets) {
    std::vector<Synset>& up = words.hypernyms.emplace_back();
    for (const int64_t offset : offsets) up.push_back(synset_of(offset));
  }
  // lemma, part of speech, number of meanings, number of pointer symbols, symbols, number of
  // meanings again, number of tagged ones, offsets
  for_each_line(fmt::format("{}/index.{}", folder, part), [&](Fields& fields) {
    std::vector<Synset>& senses = words.senses[fields.text()];
    fields.text();
    const int64_t count = fields.number();
    for (int64_t left = fields.number() + 2; left > 0; --left) fields.text();
    for (int64_t left = count; left > 0; --left) senses.push_back(synset_of(fields.number()));
  });
  for_each_line(fmt::format("{}/{}.exc", folder, part), [&](Fields& fields) {
    std::vector<std::string>& bases = words.irregular[fields.text()];
    while (const std::optional<std::string> base = fields.next()) bases.push_back(*base);
  });
  fill_depths(words);
  return words;
}

void WordNet::fill_depths(Words& words) {
  const size_t count = words.hypernyms.size();
  words.min_depth.assign(count, -1);
  words.max_depth.assign(count, -1);
  // Depth first, upwards, without recursion. An edge back to a meaning in work closes a circle
  // (there is one among the verbs of WordNet 3.0) and is not followed.
  std::vector<bool> in_work(count, false);
  for (size_t start = 0; start < count; ++start) {
    std::vector<Synset> stack = {static_cast<Synset>(start)};
    while (!stack.empty()) {
      const auto at = static_cast<size_t>(stack.back());
      if (words.max_depth[at] >= 0) {
        stack.pop_back();
        continue;
      }
      if (!in_work[at]) {
        in_work[at] = true;
        for (const Synset up : words.hypernyms[at])
          if (!in_work[static_cast<size_t>(up)]) stack.push_back(up);
        continue;
      }
      int32_t shortest = INT32_MAX;
      int32_t longest = -1;
      for (const Synset up : words.hypernyms[at]) {
        if (words.max_depth[static_cast<size_t>(up)] < 0) continue;
        shortest = std::min(shortest, words.min_depth[static_cast<size_t>(up)] + 1);
        longest = std::max(longest, words.max_depth[static_cast<size_t>(up)] + 1);
      }
      words.min_depth[at] = longest < 0 ? 0 : shortest;
      words.max_depth[at] = std::max(longest, 0);
      stack.pop_back();
    }
  }
}

std::vector<WordNet::Synset> WordNet::synsets(const std::string& word, PartOfSpeech part) const {
  const Words& words = words_[part];
  std::vector<std::string> forms = {word};
  if (const auto irregular = words.irregular.find(word); irregular != words.irregular.end()) {
    forms.insert(forms.end(), irregular->second.begin(), irregular->second.end());
  } else {
    for (const Ending& ending : kEndings[part]) {
      const std::string suffix = ending.suffix;
      if (word.size() > suffix.size() &&
          word.compare(word.size() - suffix.size(), suffix.size(), suffix) == 0)
        forms.push_back(word.substr(0, word.size() - suffix.size()) + ending.base);
    }
  }
  std::vector<Synset> found;
  for (const std::string& form : forms) {
    const auto senses = words.senses.find(form);
    if (senses == words.senses.end()) continue;
    for (const Synset synset : senses->second)
      if (std::find(found.begin(), found.end(), synset) == found.end()) found.push_back(synset);
  }
  return found;
}

std::map<WordNet::Synset, int32_t> WordNet::ancestors(const Words& words, Synset synset) {
  std::map<Synset, int32_t> distances = {{synset, 0}};
  std::deque<Synset> queue = {synset};
  while (!queue.empty()) {
    const Synset at = queue.front();
    queue.pop_front();
    for (const Synset up : words.hypernyms[static_cast<size_t>(at)])
      if (distances.emplace(up, distances[at] + 1).second) queue.push_back(up);
  }
  return distances;
}

double WordNet::wu_palmer(Synset a, Synset b, PartOfSpeech part) const {
  const Words& words = words_[part];
  const std::map<Synset, int32_t> above_a = ancestors(words, a);
  const std::map<Synset, int32_t> above_b = ancestors(words, b);
  int32_t deepest = -1;
  double best = 0;
  for (const auto& [synset, from_a] : above_a) {
    const auto found = above_b.find(synset);
    if (found == above_b.end()) continue;
    const int32_t min_depth = words.min_depth[static_cast<size_t>(synset)];
    if (min_depth < deepest) continue;
    const int32_t depth = words.max_depth[static_cast<size_t>(synset)] + 1;
    const double similarity = 2.0 * depth / (2 * depth + from_a + found->second);
    best = min_depth > deepest ? similarity : std::max(best, similarity);
    deepest = min_depth;
  }
  if (deepest >= 0) return best;
  // They meet in a root above all, one step over their own.
  const int32_t from_a = words.min_depth[static_cast<size_t>(a)] + 1;
  const int32_t from_b = words.min_depth[static_cast<size_t>(b)] + 1;
  return 2.0 / (2 + from_a + from_b);
}

}  // namespace vidqa::train
