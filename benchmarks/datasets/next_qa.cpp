#include "benchmarks/datasets/next_qa.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "benchmarks/datasets/built_vocabulary.h"
#include "benchmarks/datasets/clip_split.h"
#include "benchmarks/datasets/released_files.h"
#include "pipeline/data/csv_table.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

constexpr int64_t kNextFrames = 16;  // clips a video in the published experiments
const std::vector<std::string> kNextCandidates = {"a0", "a1", "a2", "a3", "a4"};
const std::vector<std::string> kNextTypes = {"CW", "CH", "TN", "TP", "TC", "DL", "DB", "DC", "DO"};

data::Question read_row(NextQaTask task, const data::CsvTable& table, int64_t row) {
  data::Question question;
  question.video = table.text(row, "video");
  question.id = question.video + "_" + table.text(row, "qid");
  question.feature_keys = {question.video};
  question.text = table.text(row, "question");
  TORCH_CHECK(!data::plain_words(question.text).empty(), table.where(row),
              ": the question holds no word: '", question.text, "'");
  question.type = table.text(row, "type");
  TORCH_CHECK(std::find(kNextTypes.begin(), kNextTypes.end(), question.type) != kNextTypes.end(),
              table.where(row), ": column 'type' must be one of ",
              fmt::format("{}", fmt::join(kNextTypes, ", ")), ", got '", question.type, "'");
  if (task == NextQaTask::kOpenEnded) {
    question.answer = table.text(row, "answer");
    return question;
  }
  for (const std::string& column : kNextCandidates)
    question.candidates.push_back(table.text(row, column));
  question.label =
      table.integer(row, "answer", 0, static_cast<int64_t>(kNextCandidates.size()) - 1);
  question.answer = question.candidates[static_cast<size_t>(question.label)];
  return question;
}

std::vector<data::Question> read_split(NextQaTask task, const std::string& path) {
  std::vector<std::string> columns = {"video", "question", "answer", "qid", "type"};
  if (task == NextQaTask::kMultipleChoice)
    columns.insert(columns.end(), kNextCandidates.begin(), kNextCandidates.end());
  const data::CsvTable table(path, columns, ',');
  std::vector<data::Question> questions;
  std::unordered_set<std::string> ids;
  for (int64_t row = 0; row < table.rows(); ++row) {
    questions.push_back(read_row(task, table, row));
    TORCH_CHECK(ids.insert(questions.back().id).second, table.where(row), ": the qid of question ",
                questions.back().id, " stands on an earlier row already");
  }
  return questions;
}

}  // namespace

data::QaCorpus load_next_qa(NextQaTask task, const DatasetOptions& options) {
  const std::string folder =
      find_released_files(options.root, "nextqa", {"train.csv", "val.csv", "test.csv"});
  const bool is_open_ended = task == NextQaTask::kOpenEnded;
  data::QaCorpus corpus;
  corpus.name = is_open_ended ? "next-qa-oe" : "next-qa";
  corpus.task = is_open_ended ? models::Task::kOpenEnded : models::Task::kMultipleChoice;
  corpus.max_frames = kNextFrames;
  corpus.scored_by_wups = is_open_ended;
  corpus.train = read_split(task, folder + "/train.csv");
  corpus.val = read_split(task, folder + "/val.csv");
  corpus.test = read_split(task, folder + "/test.csv");
  if (is_open_ended) build_answer_set(corpus, options.answer_set_size);
  build_vocabulary(corpus, data::plain_words);
  note_shared_clips(corpus);
  return corpus;
}

}  // namespace vidqa::benchmarks
