#include "benchmarks/accuracy_by_type.h"

#include <algorithm>
#include <map>

#include <c10/util/Exception.h>

namespace vidqa::benchmarks {
namespace {

using Questions = std::vector<size_t>;  // their places

double accuracy(const RunResult& run, const Questions& questions) {
  const auto right = std::count_if(questions.begin(), questions.end(),
                                   [&](size_t question) { return run.correct[question]; });
  return static_cast<double>(right) / static_cast<double>(questions.size());
}

/// Names of groups, the largest first.
std::vector<std::string> by_size(const std::map<std::string, Questions>& groups) {
  std::vector<std::string> names;
  for (const auto& [name, questions] : groups) names.push_back(name);
  std::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) {
    return groups.at(a).size() > groups.at(b).size();
  });
  return names;
}

}  // namespace

FigureTable accuracy_by_type(const RunResults& results, bool relative) {
  TORCH_CHECK(results.have_types(),
              "question types: not every question has a type here; give a file of the questions "
              "that says them, e.g. the predictions.jsonl of another run");
  Questions all;
  std::map<std::string, Questions> types;
  std::map<std::string, std::map<std::string, Questions>> sub_types;
  for (size_t i = 0; i < results.questions.size(); ++i) {
    const std::string& type = results.questions[i].type;
    const std::string main = type.substr(0, type.find('/'));
    all.push_back(i);
    types[main].push_back(i);
    if (main != type) sub_types[main][type].push_back(i);
  }

  FigureTable table;
  table.columns = {{"type"}, {"questions", Unit::kCount}};
  for (const RunResult& run : results.runs)
    table.columns.push_back({run.name, relative ? Unit::kPoints : Unit::kPercent});
  const auto add_row = [&](const std::string& name, const Questions& questions, bool is_type) {
    std::vector<Cell> row = {name, static_cast<int64_t>(questions.size())};
    for (const RunResult& run : results.runs)
      row.emplace_back(accuracy(run, questions) - (relative && is_type ? accuracy(run, all) : 0.0));
    table.rows.push_back(std::move(row));
  };
  if (!relative) add_row("all", all, false);
  for (const std::string& type : by_size(types)) {
    add_row(type, types.at(type), true);
    for (const std::string& sub_type : by_size(sub_types[type]))
      add_row(sub_type, sub_types.at(type).at(sub_type), true);
  }
  table.notes = results.notes;
  table.notes.insert(
      table.notes.begin(),
      relative ? "accuracy on the type minus accuracy on all questions, points" : "accuracy, %");
  return table;
}

}  // namespace vidqa::benchmarks
