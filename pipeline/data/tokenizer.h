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

/// Ids of `words`, at most `max_words` of them.
std::vector<int64_t> encode(const std::vector<std::string>& words, const Vocabulary& vocabulary,
                            int64_t max_words);

}  // namespace vidqa::data
