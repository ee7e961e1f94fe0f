#include "benchmarks/datasets/tgif_qa.h"

#include <algorithm>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/datasets/answer_set.h"
#include "benchmarks/datasets/clip_split.h"
#include "benchmarks/datasets/released_files.h"
#include "benchmarks/datasets/tgif_vocabulary.h"
#include "pipeline/data/csv_table.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kTgifFrames = 35;
constexpr int64_t kMaxWords = 35;
constexpr int64_t kMaxCount = 10;
constexpr int64_t kNoUpperLimit = INT64_MAX;
const std::vector<std::string> kCandidates = {"a1", "a2", "a3", "a4", "a5"};
const std::vector<std::string> kFrameQaTypes = {"object", "number", "color", "location"};

/// How the files of a task look.
struct Format {
  std::string file_name;    ///< the task in names of tables
  std::string pickle_name;  ///< the task in names of pickles
  models::Task task;
  std::vector<std::string> columns;             ///< besides gif_name, question, answer, vid_id, key
  std::vector<std::string> vocabulary_columns;  ///< of the training table
};

Format format_of(TgifTask task) {
  std::vector<std::string> texts = {"question"};
  switch (task) {
    case TgifTask::kAction:
    case TgifTask::kTransition:
      texts.insert(texts.end(), kCandidates.begin(), kCandidates.end());
      if (task == TgifTask::kAction)
        return {"action", "Action", models::Task::kMultipleChoice, kCandidates, texts};
      return {"transition", "Trans", models::Task::kMultipleChoice, kCandidates, texts};
    case TgifTask::kCount:
      return {"count", "Count", models::Task::kCount, {}, texts};
    case TgifTask::kFrameQa:
      return {"frameqa",
              "FrameQA",
              models::Task::kOpenEnded,
              {"type", "description"},
              {"question", "answer", "description"}};
  }
  TORCH_CHECK(false, "tgif-qa: unknown task");
}

std::string table_path(const std::string& folder, const char* split, const Format& format) {
  return fmt::format("{}/{}_{}_question.csv", folder, split, format.file_name);
}

data::CsvTable read_table(const std::string& folder, const char* split, const Format& format) {
  const std::string path = table_path(folder, split, format);
  TORCH_CHECK(fs::exists(path), path, ": no such file; it is part of the TGIF-QA release and tgif-",
              format.file_name, " needs it");
  std::vector<std::string> columns = {"gif_name", "question", "answer", "vid_id", "key"};
  columns.insert(columns.end(), format.columns.begin(), format.columns.end());
  return data::CsvTable(path, columns, '\t');
}

/// Reads the rows of one task's tables.
class QuestionReader {
 public:
  QuestionReader(TgifTask task, const data::Vocabulary& vocabulary,
                 const std::vector<std::string>& answers)
      : task_(task), vocabulary_(vocabulary) {
    for (size_t i = 0; i < answers.size(); ++i)
      answer_class_.emplace(answers[i], static_cast<int64_t>(i));
  }

  std::vector<data::Question> read(const data::CsvTable& table) {
    std::vector<data::Question> questions;
    questions.reserve(static_cast<size_t>(table.rows()));
    for (int64_t row = 0; row < table.rows(); ++row) questions.push_back(question(table, row));
    return questions;
  }

 private:
  data::Question question(const data::CsvTable& table, int64_t row) {
    data::Question question;
    question.id = table.text(row, "vid_id");
    TORCH_CHECK(ids_.insert(question.id).second, table.where(row), ": the vid_id ", question.id,
                " stands on an earlier row, or in the training table, already");
    question.video = table.text(row, "gif_name");
    const int64_t key = table.integer(row, "key", 0, kNoUpperLimit);
    question.feature_keys = {std::to_string(key), question.video};
    question.text = table.text(row, "question");
    switch (task_) {
      case TgifTask::kAction:
      case TgifTask::kTransition:
        read_choice(table, row, question);
        break;
      case TgifTask::kCount:
        question.label = std::max<int64_t>(table.integer(row, "answer", 0, kMaxCount), 1);
        question.answer = table.text(row, "answer");
        question.type = "count";
        break;
      case TgifTask::kFrameQa:
        question.answer = table.text(row, "answer");
        if (const auto found = answer_class_.find(question.answer); found != answer_class_.end())
          question.label = found->second;
        question.type = kFrameQaTypes[static_cast<size_t>(table.integer(row, "type", 0, 3))];
        break;
    }
    encode_tgif_question(vocabulary_, question);
    for (const std::vector<int64_t>& ids : question.word_ids)
      TORCH_CHECK(!ids.empty(), table.where(row), ": the question holds no word: '", question.text,
                  "'");
    return question;
  }

  void read_choice(const data::CsvTable& table, int64_t row, data::Question& question) const {
    const std::vector<std::string> question_words = data::tgif_words(question.text);
    for (const std::string& column : kCandidates)
      question.candidates.push_back(table.text(row, column));
    question.label = table.integer(row, "answer", 0, static_cast<int64_t>(kCandidates.size()) - 1);
    question.answer = question.candidates[static_cast<size_t>(question.label)];
    question.type = task_ == TgifTask::kAction ? "action" : transition_type(question_words);
  }

  /// "What does the man do before ... ?" or "... after ...": the first of the two words decides.
  static std::string transition_type(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      if (word == "after" || word == "afterwards") return "after";
      if (word == "before" || word == "beforehand") return "before";
    }
    return "other";
  }

  TgifTask task_;
  const data::Vocabulary& vocabulary_;
  std::unordered_map<std::string, int64_t> answer_class_;
  std::unordered_set<std::string> ids_;
};

/// In the released FrameQA tables the letters "rep" are "FRAMEQA" everywhere ("fiFRAMEQAlace"), and
/// so they are in the released vocabulary. With a vocabulary of our own the words come out whole.
void undo_damage(data::CsvTable& table, std::vector<std::string>& notes) {
  int64_t fields = 0;
  for (const char* column : {"question", "answer", "description"})
    fields += table.replace(column, "FRAMEQA", "rep");
  if (fields > 0)
    notes.push_back(fmt::format(
        "{}: \"FRAMEQA\" stood for the letters \"rep\" in {} fields; they are whole again",
        table.path(), fields));
}

/// Released files that may stand beside the tables. Word vectors belong to the released vocabulary.
void find_companions(const std::string& folder, const Format& format, bool has_vocabulary,
                     data::QaCorpus& corpus) {
  const std::string vectors =
      fmt::format("{}/Vocabulary/vocab_embedding_{}.pkl", folder, format.pickle_name);
  if (has_vocabulary && fs::exists(vectors)) corpus.word_vectors = vectors;
  const std::string appearance = folder + "/TGIF_RESNET_pool5.hdf5";
  const std::string motion = folder + "/TGIF_C3D_fc6.hdf5";
  if (fs::exists(appearance) && fs::exists(motion))
    corpus.feature_pair = data::FeaturePairFiles{appearance, motion};
}

}  // namespace

void encode_tgif_question(const data::Vocabulary& vocabulary, data::Question& question) {
  question.word_ids.clear();
  if (question.candidates.empty())
    question.word_ids.push_back(
        data::encode(data::tgif_words(question.text), vocabulary, kMaxWords));
  for (const std::string& candidate : question.candidates) {
    // A blank between the two keeps the rules of tgif_words() from reaching across.
    std::vector<std::string> words = data::tgif_words(question.text + " " + candidate);
    words.emplace_back(kEndOfSentence);
    question.word_ids.push_back(data::encode(words, vocabulary, kMaxWords));
  }
}

data::QaCorpus load_tgif_qa(TgifTask task, const DatasetOptions& options) {
  const Format format = format_of(task);
  const std::string marker = format.file_name + "_question.csv";
  const std::string folder =
      find_released_files(options.root, "tgif_qa", {"Train_" + marker, "Test_" + marker});
  data::CsvTable train = read_table(folder, "Train", format);
  data::CsvTable test = read_table(folder, "Test", format);

  data::QaCorpus corpus;
  corpus.name = "tgif-" + format.file_name;
  corpus.task = format.task;
  corpus.max_frames = kTgifFrames;
  const std::string words_path =
      fmt::format("{}/Vocabulary/word_to_index_{}.pkl", folder, format.pickle_name);
  const bool is_released = fs::exists(words_path);
  if (task == TgifTask::kFrameQa && !is_released) {
    undo_damage(train, corpus.notes);
    undo_damage(test, corpus.notes);
  }
  corpus.vocabulary = is_released
                          ? read_tgif_vocabulary(words_path)
                          : build_tgif_vocabulary(train, format.vocabulary_columns,
                                                  format.task == models::Task::kMultipleChoice);
  if (!is_released)
    corpus.notes.push_back(
        fmt::format("the vocabulary of {} words was built from the training questions, "
                    "since there is no {}",
                    corpus.vocabulary.size(), words_path));
  if (task == TgifTask::kFrameQa)
    corpus.answers = is_released
                         ? read_tgif_answers(folder + "/Vocabulary/ans_to_index_FrameQA.pkl")
                         : build_tgif_answers(train);

  find_companions(folder, format, is_released, corpus);

  QuestionReader reader(task, corpus.vocabulary, corpus.answers);
  corpus.train = reader.read(train);
  corpus.test = reader.read(test);
  if (task == TgifTask::kFrameQa) apply_answer_set(corpus);
  draw_validation_split(corpus, options.val_share, options.split_seed);
  note_shared_clips(corpus);
  return corpus;
}

}  // namespace vidqa::benchmarks
