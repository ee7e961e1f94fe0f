#include "pipeline/data/tokenizer.h"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace vidqa::data {
namespace {

constexpr std::string_view kPunctuationKept = "(),!?'`_";

/// Unlike std::isalnum, the same in every locale.
bool is_ascii_alnum(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void insert_blank_before(std::string& text, std::string_view part) {
  for (size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1 + part.size()))
    text.insert(at, 1, ' ');
}

std::vector<std::string> split_at_whitespace(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

}  // namespace

std::vector<std::string> tgif_words(const std::string& text) {
  std::string clean = text;
  for (char& c : clean)
    if (!is_ascii_alnum(c) && kPunctuationKept.find(c) == std::string_view::npos) c = ' ';
  for (const char* suffix : {"'s", "'ve", "n't", "'re", "'d", "'ll"})
    insert_blank_before(clean, suffix);

  std::string spaced;
  for (const char c : clean) {
    if (c == ',' || c == '!') {
      spaced.append({' ', c, ' '});
    } else if (c == '(' || c == ')' || c == '?') {
      spaced.append({' ', '\\', c, ' '});
    } else {
      spaced.push_back(ascii_lower(c));
    }
  }
  return split_at_whitespace(spaced);
}

std::vector<std::string> msvd_words(const std::string& question) {
  const size_t last = question.find_last_not_of('?');
  return split_at_whitespace(last == std::string::npos ? "" : question.substr(0, last + 1));
}

std::vector<int64_t> encode(const std::vector<std::string>& words, const Vocabulary& vocabulary,
                            int64_t max_words) {
  std::vector<int64_t> ids;
  const size_t count = std::min(words.size(), static_cast<size_t>(max_words));
  ids.reserve(count);
  for (size_t i = 0; i < count; ++i) ids.push_back(vocabulary.id(words[i]));
  return ids;
}

}  // namespace vidqa::data
