#include "pipeline/data/tokenizer.h"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace vidqa::data {
namespace {

constexpr std::string_view kTgifPunctuation = "(),!?'`_";
constexpr std::string_view kTvqaPunctuation = "(),!?:.'`";

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

/// Blanks for all but letters, digits and `punctuation`.
std::string with_blanks(const std::string& text, std::string_view punctuation) {
  std::string kept = text;
  for (char& c : kept)
    if (!is_ascii_alnum(c) && punctuation.find(c) == std::string_view::npos) c = ' ';
  return kept;
}

}  // namespace

std::vector<std::string> tgif_words(const std::string& text) {
  std::string clean = with_blanks(text, kTgifPunctuation);
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

std::vector<std::string> plain_words(const std::string& text) {
  std::string spaced = ascii_lower(text);
  for (char& c : spaced) {
    const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
    if (is_ascii && !is_ascii_alnum(c) && c != '\'') c = ' ';
  }
  return split_at_whitespace(spaced);
}

std::string tvqa_clean(const std::string& text) {
  std::string kept = with_blanks(text, kTvqaPunctuation);
  for (const char* suffix : {"'s", "'ve", "n't", "'re", "'d", "'ll", "'m"})
    insert_blank_before(kept, suffix);

  std::string clean;
  const auto append = [&](char c) {
    const bool doubled = c == ' ' && (clean.empty() || clean.back() == ' ');
    if (!doubled) clean.push_back(c);
  };
  for (size_t i = 0; i < kept.size(); ++i) {
    const char c = kept[i];
    const bool is_word = c == ':' || c == ',' || c == '!' || c == '?' || c == '.';
    if (c == '.' && kept.compare(i, 3, "...") == 0) i += 2;
    if (is_word) append(' ');
    append(c == '(' || c == ')' ? ' ' : c);
    if (is_word) append(' ');
  }
  if (!clean.empty() && clean.back() == ' ') clean.pop_back();
  return clean;
}

std::vector<std::string> tvqa_words(const std::string& clean_text) {
  std::vector<std::string> words = split_at_whitespace(ascii_lower(clean_text));
  words.erase(std::remove(words.begin(), words.end(), ","), words.end());
  return words;
}

std::string ascii_lower(const std::string& text) {
  std::string lower = text;
  for (char& c : lower) c = ascii_lower(c);
  return lower;
}

std::vector<std::string> split_at_whitespace(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::vector<int64_t> encode(const std::vector<std::string>& words, const Vocabulary& vocabulary) {
  return encode(words, vocabulary, static_cast<int64_t>(words.size()));
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
