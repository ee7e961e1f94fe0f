#include "benchmarks/datasets/tvqa_question_type.h"

#include <algorithm>

#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

constexpr const char* kOther = "other";

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

const std::vector<std::string>& tvqa_question_types() {
  static const std::vector<std::string> types = {"what", "who",   "why", "where",
                                                 "how",  "which", kOther};
  return types;
}

TvqaQuestionType tvqa_question_type(const std::string& clean_question) {
  const std::vector<std::string> words =
      data::split_at_whitespace(data::ascii_lower(clean_question));
  if (words.empty() || !contains(tvqa_question_types(), words.front())) return {kOther, ""};
  const std::string& type = words.front();
  if (type == "which" || type == kOther) return {type, ""};
  for (const char* subtype : {"when", "before", "after"})
    if (contains(words, subtype)) return {type, subtype};
  return {type, kOther};
}

}  // namespace vidqa::benchmarks
