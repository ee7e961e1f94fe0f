#pragma once

#include <map>
#include <string>
#include <vector>

#include "benchmarks/figure_table.h"
#include "benchmarks/run_results.h"

namespace vidqa::benchmarks {

/// Name of a group -> names of its runs.
using RunGroups = std::map<std::string, std::vector<std::string>>;

/// The questions that at least one run of `any_of` answers correctly and no run of `none_of` does
/// (inclusion-exclusion of "On Modality Bias in the TVQA Dataset", Winterbottom et al., arXiv
/// 2012.10210, IEM). Without `any_of`, every question that no run of `none_of` answers.
struct QuestionSet {
  std::string name;
  std::vector<std::string> any_of;
  std::vector<std::string> none_of;
};

/// Reads "A,B - C,D": names of runs or groups, before " - " those of any_of, behind it those of
/// none_of; "- C,D" leaves any_of out. The text is the name of the set. A group wins over a run of
/// the same name.
QuestionSet parse_question_set(const std::string& text, const RunGroups& groups);

/// "NAME=A,B": a group of runs. Throws c10::Error without a name or runs.
std::pair<std::string, std::vector<std::string>> parse_run_group(const std::string& text);

/// What the paper's table groups its runs by, named as the streams that a model was trained on (S
/// subtitles, V visual concepts, I ImageNet, R regional features): All, Sub, Non-sub, Single; and
/// its sets, with those answered by none (Hard) at the end.
RunGroups tvqa_modality_groups();
std::vector<QuestionSet> tvqa_modality_sets();

/// For every question, whether the set has it. Throws c10::Error listing the runs when one of the
/// set is not there.
std::vector<bool> members(const RunResults& results, const QuestionSet& set);

/// Columns: set, questions, share; and where all types are known, one a question type with how much
/// larger its share is within the set than among all questions, relative to the latter.
FigureTable inclusion_exclusion(const RunResults& results, const std::vector<QuestionSet>& sets);

/// {set: [ids]} as JSON: the form of a results file (run_results.h). Throws c10::Error when the id
/// of a question in a set is not known.
std::string set_ids_json(const RunResults& results, const std::vector<QuestionSet>& sets);

}  // namespace vidqa::benchmarks
