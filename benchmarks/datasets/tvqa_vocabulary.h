#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/data/vocabulary.h"

namespace vidqa::benchmarks {

/// The first three words of every TVQA vocabulary. kTvqaEnd ends a text and stands between subtitle
/// lines.
inline constexpr const char* kTvqaPadding = "<pad>";  ///< id 0
inline constexpr const char* kTvqaUnknown = "<unk>";  ///< id 1
inline constexpr const char* kTvqaEnd = "<eos>";      ///< id 2

/// Words that occur at least `min_count` times in `texts` (clean, see data::tvqa_words), in the
/// order of their first occurrence, after the three above. The published one counts, in the
/// training split, all questions, then all first answers, ..., all fifth answers, all subtitles,
/// the last once a question. (Under Python 2 its order was that of a hash table and cannot be made
/// again.)
data::Vocabulary build_tvqa_vocabulary(const std::vector<const std::string*>& texts,
                                       int64_t min_count = 2);

/// The published code's `word2idx.pickle` {str: int}, compared with its `idx2word.pickle` unless
/// that path is empty. Throws c10::Error naming file and word.
data::Vocabulary read_tvqa_vocabulary(const std::string& word2idx, const std::string& idx2word);

/// Ids of the words of a clean text, then that of kTvqaEnd.
std::vector<int64_t> encode_tvqa(const std::string& clean_text, const data::Vocabulary& vocabulary);

}  // namespace vidqa::benchmarks
