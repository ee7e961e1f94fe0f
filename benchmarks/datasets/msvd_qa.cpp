#include "benchmarks/datasets/msvd_qa.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "benchmarks/datasets/answer_set.h"
#include "benchmarks/datasets/clip_split.h"
#include "benchmarks/datasets/released_files.h"
#include "pipeline/data/json_record.h"
#include "pipeline/data/text_file.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

using nlohmann::json;

constexpr int64_t kMsvdFrames = 20;  // rows a clip of the released video_feature_20.h5
constexpr const char* kMsvdUnknownWord = "<UNK>";

struct Release {
  std::string folder;
  data::Vocabulary vocabulary;
  std::vector<std::string> answers;
  std::unordered_map<std::string, int64_t> answer_class;
  std::unordered_map<int64_t, std::string> clip_name;  ///< video_id -> name

  std::string file(const std::string& name) const { return folder + "/" + name; }
};

data::Vocabulary read_vocabulary(const std::string& path) {
  std::vector<std::string> words = data::read_lines(path);
  const auto unknown = std::find(words.begin(), words.end(), kMsvdUnknownWord);
  TORCH_CHECK(unknown != words.end(), path, ": needs a line ", kMsvdUnknownWord,
              " for unknown words");
  const int64_t unknown_id = unknown - words.begin();
  return data::Vocabulary(std::move(words), unknown_id);
}

std::unordered_map<int64_t, std::string> read_mapping(const std::string& path) {
  std::unordered_map<int64_t, std::string> names;
  const std::vector<std::string> lines = data::read_lines(path);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    const size_t blank = line.rfind(" vid");
    int64_t number = 0;
    bool valid = blank != std::string::npos && blank > 0;
    if (valid) {
      const char* first = line.data() + blank + 4;
      const char* last = line.data() + line.size();
      const auto [stop, error] = std::from_chars(first, last, number);
      valid = error == std::errc() && stop == last && number >= 1;
    }
    TORCH_CHECK(valid, path, ": line ", i + 1, " must read '<clip name> vid<number>', got '", line,
                "'");
    TORCH_CHECK(names.emplace(number, line.substr(0, blank)).second, path, ": line ", i + 1,
                ": vid", number, " stands on an earlier line already");
  }
  return names;
}

data::Question read_question(const data::JsonRecord& record, const Release& release) {
  data::Question question;
  question.id = std::to_string(record.integer("id"));
  const int64_t video_id = record.integer("video_id");
  const auto clip = release.clip_name.find(video_id);
  TORCH_CHECK(clip != release.clip_name.end(), record.where(), ": video_id ", video_id,
              " has no line in youtube_mapping.txt");
  question.video = clip->second;
  question.feature_keys = {question.video, fmt::format("vid{}", video_id),
                           std::to_string(video_id)};
  question.feature_row = video_id - 1;

  question.text = record.text("question");
  const std::vector<std::string> words = data::msvd_words(question.text);
  TORCH_CHECK(!words.empty(), record.where(), ": the question holds no word: '", question.text,
              "'");
  question.type = words.front();
  question.word_ids = {data::encode(words, release.vocabulary)};

  question.answer = record.text("answer");
  const auto label = release.answer_class.find(question.answer);
  if (label != release.answer_class.end()) question.label = label->second;
  return question;
}

std::vector<data::Question> read_split(const Release& release, const std::string& split) {
  const std::string path = release.file(split + "_qa.json");
  std::vector<data::Question> questions;
  std::unordered_set<std::string> ids;
  data::for_each_json_element(path, [&](const json& element, const std::string& where) {
    const data::JsonRecord record(element, where);
    questions.push_back(read_question(record, release));
    TORCH_CHECK(ids.insert(questions.back().id).second, where, ": the id ", questions.back().id,
                " stands in an earlier record already");
  });
  TORCH_CHECK(!questions.empty(), path, ": holds no questions");
  return questions;
}

}  // namespace

data::QaCorpus load_msvd_qa(const DatasetOptions& options) {
  Release release;
  release.folder = find_released_files(options.root, "msvd_qa", {"train_qa.json", "test_qa.json"});
  release.vocabulary = read_vocabulary(release.file("vocab.txt"));
  release.answers = data::read_lines(release.file("answer_set.txt"));
  for (size_t i = 0; i < release.answers.size(); ++i)
    release.answer_class.emplace(release.answers[i], static_cast<int64_t>(i));
  release.clip_name = read_mapping(release.file("youtube_mapping.txt"));

  data::QaCorpus corpus;
  corpus.name = "msvd-qa";
  corpus.task = models::Task::kOpenEnded;
  corpus.max_frames = kMsvdFrames;
  corpus.train = read_split(release, "train");
  corpus.val = read_split(release, "val");
  corpus.test = read_split(release, "test");
  apply_answer_set(corpus);
  note_shared_clips(corpus);
  corpus.vocabulary = std::move(release.vocabulary);
  corpus.answers = std::move(release.answers);
  return corpus;
}

}  // namespace vidqa::benchmarks
