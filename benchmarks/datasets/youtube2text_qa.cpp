#include "benchmarks/datasets/youtube2text_qa.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "benchmarks/datasets/clip_split.h"
#include "benchmarks/datasets/encoded_text.h"
#include "benchmarks/datasets/released_files.h"
#include "benchmarks/datasets/xu_release.h"
#include "pipeline/data/json_record.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

using nlohmann::json;

constexpr int64_t kYoutube2TextFrames = 20;

std::vector<int64_t> question_ids(const data::JsonRecord& record,
                                  const data::Vocabulary& vocabulary) {
  if (record.has("question_encode"))
    return parse_encoded_text(record.text("question_encode"), vocabulary.size(),
                              record.where() + ": 'question_encode'");
  return data::encode(data::msvd_words(data::ascii_lower(record.text("Question"))), vocabulary);
}

std::vector<int64_t> candidate_ids(const data::JsonRecord& record,
                                   const std::vector<std::string>& candidates,
                                   const data::Vocabulary& vocabulary) {
  std::vector<int64_t> ids;
  if (!record.has("candidate_encode")) {
    for (const std::string& candidate : candidates)
      ids.push_back(vocabulary.id(data::ascii_lower(candidate)));
    return ids;
  }
  const json& released = record.array("candidate_encode");
  TORCH_CHECK(released.size() == candidates.size(), record.where(), ": 'candidate_encode' has ",
              released.size(), " ids for ", candidates.size(), " candidates");
  for (const json& id : released) {
    TORCH_CHECK(id.is_number_integer(), record.where(), ": 'candidate_encode' must hold word ids");
    ids.push_back(id.get<int64_t>());
    TORCH_CHECK(ids.back() >= 0 && ids.back() < vocabulary.size(), record.where(),
                ": 'candidate_encode': the word id ", ids.back(), " is outside the vocabulary of ",
                vocabulary.size(), " words; the files do not belong together");
  }
  return ids;
}

data::Question read_question(const data::JsonRecord& record, const data::Vocabulary& vocabulary) {
  data::Question question;
  question.id = record.text("id");
  question.video = record.text("VideoID");
  const int64_t video_id = record.integer("video_id");
  question.feature_keys = {question.video, fmt::format("vid{}", video_id),
                           std::to_string(video_id)};
  question.feature_row = video_id - 1;
  question.text = record.text("Question");
  question.type = record.text("Type");
  for (const json& candidate : record.array("Candidates")) {
    TORCH_CHECK(candidate.is_string(), record.where(), ": 'Candidates' must hold strings");
    question.candidates.push_back(candidate.get<std::string>());
  }
  const auto count = static_cast<int64_t>(question.candidates.size());
  TORCH_CHECK(count >= 2, record.where(), ": 'Candidates' holds ", count, " answers");
  const int64_t label = record.integer("answer_encode");
  TORCH_CHECK(label >= 0 && label < count, record.where(), ": 'answer_encode' must be 0 to ",
              count - 1, ", got ", label);
  question.answer = record.text("Answer");
  TORCH_CHECK(question.candidates[static_cast<size_t>(label)] == question.answer, record.where(),
              ": 'answer_encode' is ", label, ", but that candidate is not '", question.answer,
              "'");
  const std::vector<int64_t> words = question_ids(record, vocabulary);
  TORCH_CHECK(!words.empty(), record.where(), ": 'Question' holds no word");
  for (const int64_t id : candidate_ids(record, question.candidates, vocabulary)) {
    question.word_ids.push_back(words);
    question.word_ids.back().push_back(id);
  }
  // From the last to the first: see the header.
  std::reverse(question.candidates.begin(), question.candidates.end());
  std::reverse(question.word_ids.begin(), question.word_ids.end());
  question.label = count - 1 - label;
  return question;
}

std::vector<data::Question> read_split(const std::string& path, const data::Vocabulary& vocabulary,
                                       Faults& faults) {
  std::vector<data::Question> questions;
  std::unordered_set<std::string> ids;
  data::for_each_json_element(path, [&](const json& element, const std::string& where) {
    faults.guard([&] {
      data::Question question = read_question({element, where}, vocabulary);
      TORCH_CHECK(ids.insert(question.id).second, where, ": the id ", question.id,
                  " stands in an earlier record already");
      questions.push_back(std::move(question));
    });
  });
  TORCH_CHECK(!questions.empty() || faults.count() > 0, path, ": holds no questions");
  return questions;
}

}  // namespace

void encode_youtube2text_question(const data::Vocabulary& vocabulary, data::Question& question) {
  const std::vector<int64_t> words =
      data::encode(data::msvd_words(data::ascii_lower(question.text)), vocabulary);
  question.word_ids.assign(question.candidates.size(), words);
  for (size_t i = 0; i < question.candidates.size(); ++i)
    question.word_ids[i].push_back(vocabulary.id(data::ascii_lower(question.candidates[i])));
}

data::QaCorpus load_youtube2text_qa(const DatasetOptions& options, Faults& faults) {
  const std::string folder = find_released_files(options.root, "data_zhqa",
                                                 {"train_qa_encode.json", "test_qa_encode.json"});
  data::QaCorpus corpus;
  corpus.name = "youtube2text-qa";
  corpus.task = models::Task::kMultipleChoice;
  corpus.max_frames = kYoutube2TextFrames;
  corpus.vocabulary = read_vocab_txt(folder + "/vocab.txt");
  find_xu_companions(corpus, folder);
  corpus.train = read_split(folder + "/train_qa_encode.json", corpus.vocabulary, faults);
  corpus.val = read_split(folder + "/val_qa_encode.json", corpus.vocabulary, faults);
  corpus.test = read_split(folder + "/test_qa_encode.json", corpus.vocabulary, faults);
  corpus.notes.push_back(
      "the right answer is the first candidate of every released record: candidates are read from "
      "the last to the first, so that equal scores count as wrong; a model that knows the place of "
      "a candidate would need no video");
  note_shared_clips(corpus);
  return corpus;
}

}  // namespace vidqa::benchmarks
