#pragma once

#include <string>
#include <vector>

#include "pipeline/data/csv_table.h"
#include "pipeline/data/vocabulary.h"

namespace vidqa::benchmarks {

/// Word that TGIF-QA puts at the end of a question with its candidate; the released vocabularies
/// spell it in upper case.
inline constexpr const char* kEndOfSentence = "<EOS>";

/// The released `word_to_index_<Task>.pkl`: {str: int}, ids 0 .. V-1 once each. `UNK` is the
/// unknown word. Throws c10::Error naming the file for anything else.
data::Vocabulary read_tgif_vocabulary(const std::string& path);

/// The released `ans_to_index_FrameQA.pkl`: class id -> answer. Errors as above.
std::vector<std::string> read_tgif_answers(const std::string& path);

/// The vocabulary of `columns` of a training table, where none is released: every word, no matter
/// how rare. Id 0 `#START#` is padding, id 1 `UNK`, the others follow in byte order, <EOS> among
/// them where `with_end_of_sentence`. (The released ids follow the order of a Python 2 dictionary
/// and cannot be made again.)
data::Vocabulary build_tgif_vocabulary(const data::CsvTable& table,
                                       const std::vector<std::string>& columns,
                                       bool with_end_of_sentence);

/// The distinct answers of a training table in byte order.
std::vector<std::string> build_tgif_answers(const data::CsvTable& table);

}  // namespace vidqa::benchmarks
