#include "benchmarks/datasets/activitynet_qa.h"

#include <filesystem>
#include <unordered_map>
#include <utility>

#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

#include "benchmarks/datasets/built_vocabulary.h"
#include "benchmarks/datasets/clip_split.h"
#include "benchmarks/datasets/released_files.h"
#include "pipeline/data/json_record.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

using nlohmann::json;

const std::vector<std::string> kActivityNetTypes = {
    "motion", "spatial", "temporal", "yes/no", "color", "object", "location", "number", "other"};

std::vector<data::Question> read_questions(const std::string& path) {
  std::vector<data::Question> questions;
  data::for_each_json_element(path, [&](const json& element, const std::string& where) {
    const data::JsonRecord record(element, where);
    data::Question question;
    question.id = record.text("question_id");
    question.video = record.text("video_name");
    question.feature_keys = {"v_" + question.video, question.video};
    question.text = record.text("question");
    TORCH_CHECK(!data::plain_words(question.text).empty(), where, ": the question holds no word: '",
                question.text, "'");
    questions.push_back(std::move(question));
  });
  TORCH_CHECK(!questions.empty(), path, ": holds no questions");
  return questions;
}

/// Puts the answers of `path` to their questions, each of which must get one.
void read_answers(const std::string& path, std::vector<data::Question>& questions) {
  std::unordered_map<std::string, data::Question*> by_id;
  for (data::Question& question : questions)
    TORCH_CHECK(by_id.emplace(question.id, &question).second, path, ": the question_id ",
                question.id, " stands twice among the questions");
  data::for_each_json_element(path, [&](const json& element, const std::string& where) {
    const data::JsonRecord record(element, where);
    const std::string& id = record.text("question_id");
    const auto found = by_id.find(id);
    TORCH_CHECK(found != by_id.end(), where, ": the question_id ", id,
                " is none of the questions, or was answered by an earlier record");
    const int64_t type = record.integer("type");
    TORCH_CHECK(type >= 0 && type < static_cast<int64_t>(kActivityNetTypes.size()), where,
                ": 'type' must be 0 to ", kActivityNetTypes.size() - 1, ", got ", type);
    found->second->answer = record.text("answer");
    found->second->type = kActivityNetTypes[static_cast<size_t>(type)];
    by_id.erase(found);
  });
  TORCH_CHECK(by_id.empty(), path, ": lacks an answer to question ", by_id.begin()->first, " and ",
              by_id.size() - 1, " others");
}

}  // namespace

data::QaCorpus load_activitynet_qa(const DatasetOptions& options) {
  const std::string folder =
      find_released_files(options.root, "activitynet_qa", {"train_q.json", "test_q.json"});
  data::QaCorpus corpus;
  corpus.name = "activitynet-qa";
  corpus.task = models::Task::kOpenEnded;
  for (const auto& [split, questions] :
       {std::pair("train", &corpus.train), std::pair("val", &corpus.val),
        std::pair("test", &corpus.test)}) {
    const std::string stem = folder + "/" + split;
    *questions = read_questions(stem + "_q.json");
    const std::string answers = stem + "_a.json";
    if (questions == &corpus.test && !std::filesystem::exists(answers))
      corpus.notes.push_back("there is no test_a.json: every test question counts as wrong");
    else
      read_answers(answers, *questions);
  }
  build_answer_set(corpus, options.answer_set_size);
  build_vocabulary(corpus, data::plain_words);
  note_shared_clips(corpus);
  return corpus;
}

}  // namespace vidqa::benchmarks
