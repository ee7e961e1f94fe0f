#include "benchmarks/run_results.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "benchmarks/datasets/tvqa_question_type.h"
#include "pipeline/data/json_record.h"
#include "pipeline/data/text_file.h"
#include "pipeline/data/tokenizer.h"
#include "pipeline/train/run_folder.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Place of every question by id.
using Places = std::unordered_map<std::string, size_t>;

template <typename AnyJson>
std::string id_text(const AnyJson& id) {
  if (id.is_number_integer()) return std::to_string(id.template get<int64_t>());
  return id.template get<std::string>();
}

std::string id_of(const data::JsonRecord& record) {
  const nlohmann::json& id = record.field("qid");
  TORCH_CHECK(id.is_number_integer() || id.is_string(), record.where(),
              ": qid must be an integer or a string");
  return id_text(id);
}

std::string text_or_empty(const data::JsonRecord& record, const std::string& key) {
  return record.has(key) ? record.text(key) : "";
}

std::string type_of(const data::JsonRecord& record) {
  if (record.has("type") || !record.has("q")) return text_or_empty(record, "type");
  const TvqaQuestionType type = tvqa_question_type(data::tvqa_clean(record.text("q")));
  return type.subtype.empty() ? type.type : type.type + "/" + type.subtype;
}

/// "a,b" -> a and b, unless there is something of that very name.
std::vector<std::string> pooled_paths(const std::string& path) {
  return fs::exists(path) ? std::vector<std::string>{path} : split_names(path);
}

RunResult read_run(const RunSource& source, const std::string& split) {
  RunResult run;
  run.name = source.name;
  const std::vector<std::string> parts = pooled_paths(source.path);
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string path = fs::is_directory(parts[i])
                                 ? train::RunFolder::open_to_read(parts[i]).predictions(split)
                                 : parts[i];
    std::vector<train::Prediction> predictions = train::read_predictions(path);
    TORCH_CHECK(!predictions.empty(), path, ": holds no predictions");
    for (train::Prediction& p : predictions) {
      if (parts.size() > 1) p.question_id = fmt::format("{}/{}", i + 1, p.question_id);
      run.predictions.push_back(std::move(p));
    }
  }
  return run;
}

/// The questions of a run, which must differ from one another.
std::vector<EvaluatedQuestion> questions_of(const RunResult& run) {
  std::vector<EvaluatedQuestion> questions;
  std::unordered_set<std::string> seen;
  for (const train::Prediction& p : run.predictions) {
    TORCH_CHECK(seen.insert(p.question_id).second, "run '", run.name, "': question '",
                p.question_id, "' is there twice");
    questions.push_back({p.question_id, p.video, p.type});
  }
  return questions;
}

Places places_of(const std::vector<EvaluatedQuestion>& questions) {
  Places places;
  for (size_t i = 0; i < questions.size(); ++i) places[questions[i].id] = i;
  return places;
}

/// "3 ('7', '9', '12')": how many, and the first few.
std::string listed(const std::vector<std::string>& ids) {
  constexpr size_t kShown = 10;
  const auto shown = static_cast<std::ptrdiff_t>(std::min(ids.size(), kShown));
  if (ids.empty()) return "0";
  return fmt::format("{} ('{}'{})", ids.size(), fmt::join(ids.begin(), ids.begin() + shown, "', '"),
                     ids.size() > kShown ? ", ..." : "");
}

/// Throws where a run has other questions than the first, listing them.
void check_same_questions(const RunResult& run, const RunResult& first, const Places& places) {
  std::unordered_set<std::string> own;
  std::vector<std::string> foreign;
  for (const train::Prediction& p : run.predictions) {
    own.insert(p.question_id);
    if (places.count(p.question_id) == 0) foreign.push_back(p.question_id);
  }
  std::vector<std::string> missing;
  for (const train::Prediction& p : first.predictions)
    if (own.count(p.question_id) == 0) missing.push_back(p.question_id);
  TORCH_CHECK(foreign.empty() && missing.empty(), "run '", run.name, "' has ",
              run.predictions.size(), " questions, '", first.name, "' ", first.predictions.size(),
              "; only in '", run.name, "': ", listed(foreign), ", only in '", first.name,
              "': ", listed(missing), ": only runs on the same questions can be compared");
}

/// Puts the predictions of a run in the order of the first run's.
void align(RunResult& run, const RunResult& first, const Places& places) {
  check_same_questions(run, first, places);
  std::vector<train::Prediction> ordered(run.predictions.size());
  for (train::Prediction& p : run.predictions) {
    const size_t place = places.at(p.question_id);
    const std::string& gold = first.predictions[place].gold;
    TORCH_CHECK(p.gold == gold, "run '", run.name, "': the right answer to question '",
                p.question_id, "' is '", p.gold, "', in '", first.name, "' '", gold, "'");
    ordered[place] = std::move(p);
  }
  run.predictions = std::move(ordered);
}

/// Ids by number where they are numbers.
bool id_less(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

/// Ids of a run, each once.
using Listed = std::vector<std::pair<std::string, std::vector<std::string>>>;

Listed read_listed(const std::string& path) {
  Listed runs;
  try {
    const Json file = Json::parse(data::read_text(path));
    for (const auto& [name, ids] : file.get_ref<const Json::object_t&>()) {
      runs.emplace_back(name, std::vector<std::string>());
      std::unordered_set<std::string> seen;
      for (const Json& id : ids.get_ref<const Json::array_t&>()) {
        runs.back().second.push_back(id_text(id));
        TORCH_CHECK(seen.insert(runs.back().second.back()).second, path, ": run '", name,
                    "' lists question ", runs.back().second.back(), " twice");
      }
    }
  } catch (const nlohmann::json::exception& error) {
    TORCH_CHECK(false, path,
                ": not a JSON object {run name: [ids answered correctly]}: ", error.what());
  }
  TORCH_CHECK(!runs.empty(), path, ": holds no run");
  return runs;
}

std::vector<EvaluatedQuestion> numbered_questions(int64_t first, int64_t total) {
  std::vector<EvaluatedQuestion> questions;
  for (int64_t i = 0; i < total; ++i) questions.push_back({std::to_string(first + i), "", ""});
  return questions;
}

/// Those that any run lists, then as many unknown ones as there are more.
std::vector<EvaluatedQuestion> listed_questions(const Listed& runs, int64_t total,
                                                const std::string& path) {
  std::set<std::string, decltype(&id_less)> ids(&id_less);
  for (const auto& [name, listed] : runs) ids.insert(listed.begin(), listed.end());
  TORCH_CHECK(static_cast<int64_t>(ids.size()) <= total, path, ": the runs list ", ids.size(),
              " questions, more than the total of ", total);
  std::vector<EvaluatedQuestion> questions;
  for (const std::string& id : ids) questions.push_back({id, "", ""});
  questions.resize(static_cast<size_t>(total));
  return questions;
}

std::vector<EvaluatedQuestion> questions_of(const Listed& runs, const QuestionRange& range,
                                            const std::string& path) {
  if (!range.questions.empty()) return range.questions;
  TORCH_CHECK(range.total && *range.total > 0, path,
              ": how many questions were asked? It takes a total, or a file of the questions");
  if (range.first_id) return numbered_questions(*range.first_id, *range.total);
  return listed_questions(runs, *range.total, path);
}

}  // namespace

const RunResult& RunResults::find(const std::string& name) const {
  const auto found = std::find_if(runs.begin(), runs.end(),
                                  [&](const RunResult& run) { return run.name == name; });
  if (found != runs.end()) return *found;
  std::vector<std::string> names;
  for (const RunResult& run : runs) names.push_back("'" + run.name + "'");
  TORCH_CHECK(false, "there is no run '", name, "', there are ",
              fmt::format("{}", fmt::join(names, ", ")));
}

bool RunResults::have_types() const {
  return std::none_of(questions.begin(), questions.end(),
                      [](const EvaluatedQuestion& question) { return question.type.empty(); });
}

std::vector<std::string> split_names(const std::string& text) {
  const auto trimmed = [](const std::string& part) {
    const size_t first = part.find_first_not_of(' ');
    if (first == std::string::npos) return std::string();
    return part.substr(first, part.find_last_not_of(' ') + 1 - first);
  };
  std::vector<std::string> names;
  if (trimmed(text).empty()) return names;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    names.push_back(trimmed(text.substr(at, comma - at)));
    TORCH_CHECK(!names.back().empty(), "a name is missing in '", text, "'");
    at = comma + 1;
  }
  return names;
}

RunSource parse_run_source(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || fs::exists(text)) return {text, text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

RunResults read_runs(const std::vector<RunSource>& sources, const std::string& split) {
  TORCH_CHECK(!sources.empty(), "runs: at least one must be given");
  RunResults results;
  Places places;
  std::set<std::string> names;
  for (const RunSource& source : sources) {
    TORCH_CHECK(names.insert(source.name).second, "runs: two are called '", source.name,
                "': give them names, NAME=PATH");
    RunResult run = read_run(source, split);
    const std::vector<EvaluatedQuestion> questions = questions_of(run);
    if (results.runs.empty()) {
      results.questions = questions;
      places = places_of(questions);
    } else {
      align(run, results.runs.front(), places);
    }
    for (const train::Prediction& p : run.predictions) run.correct.push_back(p.correct);
    results.runs.push_back(std::move(run));
  }
  return results;
}

RunResults read_results_file(const std::string& path, const QuestionRange& range) {
  const Listed listed = read_listed(path);
  RunResults results;
  results.questions = questions_of(listed, range, path);
  results.notes = {"a question that no run lists counts as answered wrongly by all"};
  const Places places = places_of(results.questions);
  for (const auto& [name, ids] : listed) {
    RunResult run;
    run.name = name;
    run.correct.resize(results.questions.size());
    for (const std::string& id : ids) {
      const auto place = places.find(id);
      TORCH_CHECK(place != places.end(), path, ": run '", name, "' lists question ", id,
                  ", which is not among the ", results.questions.size(), " questions");
      run.correct[place->second] = true;
    }
    results.runs.push_back(std::move(run));
  }
  return results;
}

std::vector<EvaluatedQuestion> read_questions(const std::string& path) {
  std::vector<EvaluatedQuestion> questions;
  std::unordered_set<std::string> seen;
  data::for_each_json_line(path, [&](const std::string& line, const std::string& where) {
    const nlohmann::json object = data::parse_json(line, where);
    const data::JsonRecord record(object, where);
    const char* video = record.has("video") ? "video" : "vid_name";
    questions.push_back({id_of(record), text_or_empty(record, video), type_of(record)});
    TORCH_CHECK(seen.insert(questions.back().id).second, where, ": question '", questions.back().id,
                "' is there twice");
  });
  return questions;
}

void describe_questions(RunResults& results, const std::vector<EvaluatedQuestion>& questions) {
  const Places places = places_of(questions);
  for (EvaluatedQuestion& question : results.questions) {
    const auto place = places.find(question.id);
    TORCH_CHECK(place != places.end(), "question '", question.id,
                "', which the runs answered, is not in the file of the questions");
    question = questions[place->second];
  }
}

}  // namespace vidqa::benchmarks
