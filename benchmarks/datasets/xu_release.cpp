#include "benchmarks/datasets/xu_release.h"

#include <algorithm>
#include <filesystem>
#include <unordered_set>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "benchmarks/datasets/answer_set.h"
#include "benchmarks/datasets/built_vocabulary.h"
#include "benchmarks/datasets/clip_split.h"
#include "benchmarks/datasets/encoded_text.h"
#include "pipeline/data/json_record.h"
#include "pipeline/data/text_file.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kXuFrames = 20;  // rows a clip of the released video_feature_20.h5
constexpr const char* kXuUnknownWord = "<UNK>";

data::Question read_question(const data::JsonRecord& record, const XuForm& form) {
  data::Question question;
  question.id = std::to_string(record.integer("id"));
  XuClip clip = form.clip(record.integer("video_id"), record.where());
  question.video = std::move(clip.name);
  question.feature_keys = std::move(clip.feature_keys);
  question.feature_row = clip.feature_row;
  question.text = record.text("question");
  const std::vector<std::string> words = data::msvd_words(question.text);
  TORCH_CHECK(!words.empty(), record.where(), ": the question holds no word: '", question.text,
              "'");
  question.type = words.front();
  question.answer = record.text("answer");
  return question;
}

std::vector<data::Question> read_split(const XuForm& form, const std::string& split) {
  const std::string path = fmt::format("{}/{}_qa.json", form.folder, split);
  std::vector<data::Question> questions;
  std::unordered_set<std::string> ids;
  data::for_each_json_element(path, [&](const json& element, const std::string& where) {
    const data::JsonRecord record(element, where);
    questions.push_back(read_question(record, form));
    TORCH_CHECK(ids.insert(questions.back().id).second, where, ": the id ", questions.back().id,
                " stands in an earlier record already");
  });
  TORCH_CHECK(!questions.empty(), path, ": holds no questions");
  return questions;
}

/// Word ids and classes by the released lists.
void use_lists(data::QaCorpus& corpus, const std::string& folder) {
  corpus.vocabulary = read_vocab_txt(folder + "/vocab.txt");
  corpus.answers = data::read_lines(folder + "/answer_set.txt");
  std::unordered_map<std::string, int64_t> classes;
  for (size_t i = 0; i < corpus.answers.size(); ++i)
    classes.emplace(corpus.answers[i], static_cast<int64_t>(i));
  for (auto* questions : {&corpus.train, &corpus.val, &corpus.test})
    for (data::Question& question : *questions) {
      question.word_ids = {data::encode(data::msvd_words(question.text), corpus.vocabulary)};
      if (const auto found = classes.find(question.answer); found != classes.end())
        question.label = found->second;
    }
  apply_answer_set(corpus);
}

/// Compares a released encoding with that of the questions.
void check_encodings(const std::string& path, const std::vector<data::Question>& questions,
                     const data::QaCorpus& corpus) {
  if (!fs::exists(path)) return;
  std::unordered_map<std::string, const data::Question*> by_id;
  for (const data::Question& question : questions) by_id.emplace(question.id, &question);
  size_t records = 0;
  data::for_each_json_element(path, [&](const json& element, const std::string& where) {
    const data::JsonRecord record(element, where);
    const std::string id = std::to_string(record.integer("id"));
    const auto found = by_id.find(id);
    TORCH_CHECK(found != by_id.end(), where, ": the id ", id, " is none of the questions of ",
                "this split whose answers are in answer_set.txt");
    const std::vector<int64_t> ids = parse_encoded_text(
        record.text("question_encode"), corpus.vocabulary.size(), where + ": 'question_encode'");
    TORCH_CHECK(ids == found->second->word_ids.front(), where, ": 'question_encode' is not '",
                found->second->text, "' by vocab.txt; the files do not belong together");
    if (record.has("answer_encode")) {
      const int64_t label = record.integer("answer_encode");
      TORCH_CHECK(label == found->second->label, where, ": 'answer_encode' is ", label, ", but '",
                  found->second->answer, "' is line ", found->second->label + 1,
                  " of answer_set.txt, class ", found->second->label);
    }
    ++records;
  });
  TORCH_CHECK(records == questions.size(), path, ": holds ", records, " records where ",
              questions.size(), " questions are read; the file may be cut or edited");
}

}  // namespace

void find_xu_companions(data::QaCorpus& corpus, const std::string& folder) {
  if (const std::string vectors = folder + "/word_embedding.npy"; fs::exists(vectors))
    corpus.word_vectors = vectors;
  if (const std::string features = folder + "/video_feature_20.h5"; fs::exists(features))
    corpus.feature_pair = data::FeaturePairFiles{features, features};
}

data::Vocabulary read_vocab_txt(const std::string& path) {
  std::vector<std::string> words = data::read_lines(path);
  const auto unknown = std::find(words.begin(), words.end(), kXuUnknownWord);
  TORCH_CHECK(unknown != words.end(), path, ": needs a line ", kXuUnknownWord,
              " for unknown words");
  const int64_t unknown_id = unknown - words.begin();
  return data::Vocabulary(std::move(words), unknown_id);
}

data::QaCorpus load_xu_release(const XuForm& form) {
  data::QaCorpus corpus;
  corpus.name = form.name;
  corpus.task = models::Task::kOpenEnded;
  corpus.max_frames = kXuFrames;
  corpus.unknown_word_mean = true;
  corpus.train = read_split(form, "train");
  corpus.val = read_split(form, "val");
  corpus.test = read_split(form, "test");
  const bool builds_lists = !form.has_lists && !fs::exists(form.folder + "/vocab.txt") &&
                            !fs::exists(form.folder + "/answer_set.txt");
  if (builds_lists) {
    build_answer_set(corpus, form.answer_set_size);
    build_vocabulary(corpus, data::msvd_words);
  } else {
    use_lists(corpus, form.folder);
    for (const auto& [split, questions] :
         {std::pair("train", &corpus.train), std::pair("val", &corpus.val),
          std::pair("test", &corpus.test)})
      check_encodings(fmt::format("{}/{}_qa_encode.json", form.folder, split), *questions, corpus);
  }
  find_xu_companions(corpus, form.folder);
  note_shared_clips(corpus);
  return corpus;
}

}  // namespace vidqa::benchmarks
