#include "benchmarks/html_report/report_arms.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <c10/util/Exception.h>
#include <fmt/format.h>

namespace vidqa::benchmarks {
namespace {

using RunOptions = std::map<std::string, std::string>;

/// That do not change what is computed, or tell the runs of one arm apart.
constexpr const char* kNotOfAnArm[] = {"seed", "device", "eval-batch-size"};

RunOptions arm_options(const ReportRun& run) {
  RunOptions options = run.options;
  for (const char* name : kNotOfAnArm) options.erase(name);
  return options;
}

std::string option_or_empty(const RunOptions& options, const std::string& name) {
  const auto found = options.find(name);
  return found == options.end() ? "" : found->second;
}

/// What runs that stand in one table must share.
void check_same_questions_asked(const std::vector<ReportRun>& runs) {
  for (const ReportRun& run : runs) {
    for (const char* name : {"dataset", "ego-split"}) {
      const std::string a = option_or_empty(runs.front().options, name);
      const std::string b = option_or_empty(run.options, name);
      TORCH_CHECK(a == b, "report: ", run.folder, " has ", name, " ", b, ", ", runs.front().folder,
                  " ", a, ": make one report for each");
    }
  }
}

/// Options that `arms` do not all have with the same value.
std::set<std::string> differing_options(const std::vector<RunOptions>& arms) {
  std::set<std::string> names;
  for (const RunOptions& arm : arms) {
    for (const auto& option : arm) names.insert(option.first);
  }
  std::set<std::string> differing;
  for (const std::string& name : names) {
    const auto is_other = [&](const RunOptions& arm) {
      return option_or_empty(arm, name) != option_or_empty(arms.front(), name);
    };
    if (std::any_of(arms.begin(), arms.end(), is_other)) differing.insert(name);
  }
  return differing;
}

/// Paths are read by their file names.
std::string short_value(const std::string& value) {
  if (value.empty()) return "none";
  return value.front() == '/' ? std::filesystem::path(value).filename().string() : value;
}

std::string arm_name(const RunOptions& options, const std::set<std::string>& differing) {
  std::vector<std::string> parts;
  for (const char* name : {"model", "fusion"}) {
    if (differing.count(name) != 0) parts.push_back(option_or_empty(options, name));
  }
  for (const std::string& name : differing) {
    if (name != "model" && name != "fusion")
      parts.push_back(fmt::format("{}={}", name, short_value(option_or_empty(options, name))));
  }
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

/// Gives names to the arms that have none; `whole` holds all options of every arm.
void name_arms(std::vector<ReportArm>& arms, const std::vector<RunOptions>& whole,
               bool question_only) {
  std::vector<size_t> group;
  std::vector<RunOptions> options;
  for (size_t i = 0; i < arms.size(); ++i) {
    if (arms[i].is_question_only != question_only) continue;
    group.push_back(i);
    options.push_back(whole[i]);
  }
  if (group.empty()) return;
  const std::set<std::string> differing = differing_options(options);
  for (const size_t i : group) {
    for (const std::string& name : differing)
      arms[i].options[name] = option_or_empty(whole[i], name);
    if (!arms[i].name.empty()) continue;
    arms[i].name = arm_name(whole[i], differing);
    if (question_only) {
      arms[i].name = arms[i].name.empty() ? "question-only" : "question-only " + arms[i].name;
    } else if (differing.empty()) {
      arms[i].name = arm_name(whole[i], {"fusion", "model"});
    }
  }
}

/// Sorted by seed, which must differ.
void sort_by_seed(ReportArm& arm, const std::vector<ReportRun>& runs) {
  std::sort(arm.runs.begin(), arm.runs.end(),
            [&](size_t a, size_t b) { return runs[a].seed < runs[b].seed; });
  for (size_t i = 1; i < arm.runs.size(); ++i) {
    const ReportRun& a = runs[arm.runs[i - 1]];
    const ReportRun& b = runs[arm.runs[i]];
    TORCH_CHECK(a.seed != b.seed, "report: ", a.folder, " and ", b.folder,
                " have the same options and the same seed ", a.seed,
                ": leave one out, or give them names, NAME=PATH");
  }
}

}  // namespace

std::vector<ReportArm> arms_of(const std::vector<ReportRun>& runs) {
  if (runs.empty()) return {};
  check_same_questions_asked(runs);
  std::vector<ReportArm> arms;
  std::vector<RunOptions> whole;
  for (const bool question_only : {true, false}) {
    for (size_t i = 0; i < runs.size(); ++i) {
      if ((option_or_empty(runs[i].options, "streams") == "none") != question_only) continue;
      const RunOptions options = arm_options(runs[i]);
      size_t a = 0;
      while (a < arms.size() && (whole[a] != options || arms[a].name != runs[i].given_name)) ++a;
      if (a == arms.size()) {
        arms.push_back({runs[i].given_name, question_only, {}, {}});
        whole.push_back(options);
      }
      arms[a].runs.push_back(i);
    }
  }
  for (ReportArm& arm : arms) sort_by_seed(arm, runs);
  name_arms(arms, whole, true);
  name_arms(arms, whole, false);
  std::map<std::string, size_t> named;
  for (const ReportArm& arm : arms) {
    const auto [other, is_new] = named.emplace(arm.name, arm.runs.front());
    TORCH_CHECK(is_new, "report: runs called '", arm.name,
                "' have different options: ", runs[other->second].folder, " and ",
                runs[arm.runs.front()].folder, ": give them different names");
  }
  return arms;
}

}  // namespace vidqa::benchmarks
