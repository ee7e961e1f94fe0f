#pragma once

#include <string>
#include <vector>

#include "pipeline/data/question.h"

namespace vidqa::benchmarks {

/// Lists that are built from training questions where a data set is released without them.

/// How a text becomes words (pipeline/data/tokenizer.h).
using SplitIntoWords = std::vector<std::string> (*)(const std::string& text);

/// The `size` most frequent answers of the training questions, ties in byte order; all of them when
/// there are fewer.
std::vector<std::string> most_frequent_answers(const std::vector<data::Question>& train,
                                               int64_t size);

/// Makes the answer set of an open-ended corpus from its training questions, gives every question
/// its class, and applies it (answer_set.h).
void build_answer_set(data::QaCorpus& corpus, int64_t size);

/// Makes the vocabulary of a corpus, `<pad>` (id 0), `<unk>` (id 1), then every word that stands
/// twice or more in the questions and candidates of the training split, the most frequent first and
/// ties in byte order; and gives every question its word_ids: the question, for multiple choice
/// followed by a candidate. (Words that stand once are unknown, so that the vector of unknown words
/// is learnt.)
void build_vocabulary(data::QaCorpus& corpus, SplitIntoWords split);

/// Gives a question its word_ids by such a vocabulary.
void encode_question(const data::Vocabulary& vocabulary, SplitIntoWords split,
                     data::Question& question);

}  // namespace vidqa::benchmarks
