#include "benchmarks/inclusion_exclusion.h"

#include <algorithm>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vidqa::benchmarks {
namespace {

std::vector<std::string> runs_named(const std::string& text, const RunGroups& groups) {
  std::vector<std::string> runs;
  for (const std::string& name : split_names(text)) {
    const auto group = groups.find(name);
    if (group == groups.end()) {
      runs.push_back(name);
    } else {
      runs.insert(runs.end(), group->second.begin(), group->second.end());
    }
  }
  return runs;
}

std::vector<bool> answered_by_any(const RunResults& results,
                                  const std::vector<std::string>& names) {
  std::vector<bool> answered(results.questions.size());
  for (const std::string& name : names) {
    const RunResult& run = results.find(name);
    for (size_t i = 0; i < answered.size(); ++i) answered[i] = answered[i] || run.correct[i];
  }
  return answered;
}

/// Share of every question type among the marked questions.
std::map<std::string, double> shares_of_types(const RunResults& results,
                                              const std::vector<bool>& marked) {
  std::map<std::string, double> shares;
  const auto count = static_cast<double>(std::count(marked.begin(), marked.end(), true));
  for (size_t i = 0; i < marked.size(); ++i) {
    const std::string& type = results.questions[i].type;
    double& share = shares[type.substr(0, type.find('/'))];
    if (marked[i]) share += 1 / count;
  }
  return shares;
}

}  // namespace

QuestionSet parse_question_set(const std::string& text, const RunGroups& groups) {
  QuestionSet set;
  set.name = text;
  const size_t first = text.find_first_not_of(' ');
  TORCH_CHECK(first != std::string::npos, "a set of questions must name runs or groups");
  const size_t minus = text.compare(first, 2, "- ") == 0 ? first : text.find(" - ");
  if (minus == std::string::npos) {
    set.any_of = runs_named(text, groups);
  } else {
    set.any_of = runs_named(text.substr(0, minus), groups);
    set.none_of = runs_named(text.substr(text.find('-', minus) + 1), groups);
    TORCH_CHECK(!set.none_of.empty(), "set '", text, "': names no runs behind ' - '");
  }
  return set;
}

std::pair<std::string, std::vector<std::string>> parse_run_group(const std::string& text) {
  const size_t equals = text.find('=');
  TORCH_CHECK(equals != std::string::npos && equals > 0, "group '", text,
              "': must be NAME=RUN,RUN,...");
  std::vector<std::string> runs = split_names(text.substr(equals + 1));
  TORCH_CHECK(!runs.empty(), "group '", text, "': must be NAME=RUN,RUN,...");
  return {text.substr(0, equals), std::move(runs)};
}

RunGroups tvqa_modality_groups() {
  return {{"All", {"V", "I", "R", "VI", "VIR", "S", "SI", "SVI", "SVIR"}},
          {"Sub", {"S", "SI", "SVI", "SVIR"}},
          {"Non-sub", {"V", "I", "R", "VI", "VIR"}},
          {"Single", {"S", "V", "I", "R"}}};
}

std::vector<QuestionSet> tvqa_modality_sets() {
  std::vector<QuestionSet> sets;
  for (const char* text :
       {"All", "All - Non-sub", "All - SVIR", "All - Single", "Sub", "Sub - Non-sub", "Non-sub",
        "Non-sub - Sub", "Non-sub - S", "Single", "Single - SVIR", "SVIR", "SVIR - Single", "S",
        "S - Non-sub", "S - V,I,R", "S - VIR", "- All"})
    sets.push_back(parse_question_set(text, tvqa_modality_groups()));
  sets.back().name = "Hard";
  return sets;
}

std::vector<bool> members(const RunResults& results, const QuestionSet& set) {
  std::vector<bool> in = answered_by_any(results, set.any_of);
  const std::vector<bool> out = answered_by_any(results, set.none_of);
  for (size_t i = 0; i < in.size(); ++i) in[i] = (in[i] || set.any_of.empty()) && !out[i];
  return in;
}

FigureTable inclusion_exclusion(const RunResults& results, const std::vector<QuestionSet>& sets) {
  FigureTable table;
  table.columns = {{"set"}, {"questions", Unit::kCount}, {"share %", Unit::kPercent}};
  std::map<std::string, double> overall;
  if (results.have_types())
    overall = shares_of_types(results, std::vector<bool>(results.questions.size(), true));
  for (const auto& [type, share] : overall) table.columns.push_back({type, Unit::kPoints});

  for (const QuestionSet& set : sets) {
    const std::vector<bool> marked = members(results, set);
    const auto count = std::count(marked.begin(), marked.end(), true);
    std::vector<Cell> row = {
        set.name, int64_t{count},
        static_cast<double>(count) / static_cast<double>(results.questions.size())};
    const std::map<std::string, double> shares = shares_of_types(results, marked);
    for (const auto& [type, share] : overall) {
      Cell& of_type = row.emplace_back();
      if (count > 0) of_type = (shares.at(type) - share) / share;
    }
    table.rows.push_back(std::move(row));
  }
  table.notes = {"A - B: answered correctly by some run of A and by none of B; of " +
                 grouped(static_cast<int64_t>(results.questions.size())) + " questions"};
  if (!overall.empty())
    table.notes.push_back(
        "types: how much larger their share is in the set than among all questions, %");
  table.notes.insert(table.notes.end(), results.notes.begin(), results.notes.end());
  return table;
}

std::string set_ids_json(const RunResults& results, const std::vector<QuestionSet>& sets) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const QuestionSet& set : sets) {
    const std::vector<bool> marked = members(results, set);
    nlohmann::ordered_json ids = nlohmann::ordered_json::array();
    for (size_t i = 0; i < marked.size(); ++i) {
      if (!marked[i]) continue;
      TORCH_CHECK(!results.questions[i].id.empty(), "set '", set.name,
                  "': has questions that no run lists, whose ids are not known; say the first id "
                  "or give a file of the questions");
      ids.push_back(results.questions[i].id);
    }
    json[set.name] = std::move(ids);
  }
  return json.dump() + "\n";
}

}  // namespace vidqa::benchmarks
