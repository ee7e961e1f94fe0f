#pragma once

#include <string>
#include <vector>

namespace vidqa::benchmarks {

/// What a TVQA question asks for, as in the analyses of Winterbottom et al. (BMVC 2020,
/// arXiv 2012.10210).
struct TvqaQuestionType {
  /// The first word, if it is what, who, why, where, how or which; else "other".
  std::string type;
  /// "when", "before" or "after", the first of them that is a word of the question, else "other".
  /// Empty for the types which and other, which are not divided.
  std::string subtype;
};

/// The names of the types in their usual order: what, who, why, where, how, which, other.
const std::vector<std::string>& tvqa_question_types();

/// `clean_question`: after data::tvqa_clean(), so that quotation marks do not count.
TvqaQuestionType tvqa_question_type(const std::string& clean_question);

}  // namespace vidqa::benchmarks
