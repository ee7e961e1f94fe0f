#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/data/vocabulary.h"

namespace vidqa::data {

/// Words of a TGIF-QA text, by the rules of the released `clean_str` in its order:
///   1. every byte outside A-Z a-z 0-9 ( ) , ! ? ' ` _ becomes a blank
///   2. a blank before each 's, then 've, n't, 're, 'd, 'll, wherever it stands and in lower case
///   only
///   3. blanks around , and !
///   4. ( ) ? become words of their own, spelt with a backslash: \( \) \?
///   5. lower case, split at whitespace
/// The backslashes are in the released vocabularies, so they must be in ours.
std::vector<std::string> tgif_words(const std::string& text);

/// Words of an MSVD-QA question: question marks at the end dropped, split at whitespace, nothing
/// else changed.
std::vector<std::string> msvd_words(const std::string& question);

/// Words of a text for whose data set no rules are published (ActivityNet-QA, NExT-QA): lower case;
/// runs of letters, digits, apostrophes and bytes outside ASCII.
std::vector<std::string> plain_words(const std::string& text);

/// A TVQA text as the published preprocessing cleans it (`clean_str`), in its order:
///   1. every byte outside A-Z a-z 0-9 ( ) , ! ? : . ' ` becomes a blank
///   2. a blank before each 's, then 've, n't, 're, 'd, 'll, 'm, wherever it stands and in lower
///   case
///      only
///   3. three full stops in a row become one; : , ! ? . become words of their own; ( ) vanish
///   4. single blanks between words and none outside
/// Case stays. Cleaning a clean text changes nothing.
std::string tvqa_clean(const std::string& text);

/// Words of a clean TVQA text: lower case, split at whitespace, commas left out.
std::vector<std::string> tvqa_words(const std::string& clean_text);

/// ASCII letters in lower case, every other byte as it is.
std::string ascii_lower(const std::string& text);

/// What stands between whitespace.
std::vector<std::string> split_at_whitespace(const std::string& text);

/// Ids of `words`.
std::vector<int64_t> encode(const std::vector<std::string>& words, const Vocabulary& vocabulary);

/// Ids of `words`, at most `max_words` of them.
std::vector<int64_t> encode(const std::vector<std::string>& words, const Vocabulary& vocabulary,
                            int64_t max_words);

}  // namespace vidqa::data
