#include "benchmarks/datasets/ego_vqa.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <unordered_map>
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

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kEgoFrames = 30;
constexpr int64_t kEgoCandidates = 5;
constexpr size_t kEgoSplits = 3;

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

/// The videos of one split: video_cam -> 0 train, 1 val, 2 test.
std::unordered_map<std::string, size_t> read_split(const std::string& path, int64_t split) {
  TORCH_CHECK(split >= 0 && split < static_cast<int64_t>(kEgoSplits),
              "ego-vqa: the split must be 0, 1 or 2, got ", split,
              "; where EgoVQA's README counts from 1, subtract 1");
  const json splits = data::read_json(path);
  TORCH_CHECK(splits.is_array() && splits.size() == kEgoSplits, path,
              ": must hold an array of three splits");
  const json& parts = splits[static_cast<size_t>(split)];
  const std::string where = fmt::format("{}: split {}", path, split);
  TORCH_CHECK(parts.is_array() && parts.size() == 3, where, " must be [train, val, test]");
  std::unordered_map<std::string, size_t> part_of;
  for (size_t part = 0; part < parts.size(); ++part)
    for (const json& video : parts[part]) {
      TORCH_CHECK(video.is_string(), where, ": videos must be strings such as \"1_D\"");
      TORCH_CHECK(part_of.emplace(video.get<std::string>(), part).second, where, ": the video ",
                  video.get<std::string>(), " stands twice");
    }
  return part_of;
}

/// Reads records; counts released encodings that the rule does not give.
class EgoRecordReader {
 public:
  EgoRecordReader(const data::Vocabulary& vocabulary, CandidatePadding padding)
      : vocabulary_(vocabulary), padding_(padding) {}

  data::Question read(const data::JsonRecord& record, const std::string& id) {
    data::Question question;
    question.id = id;
    question.video = record.text("video_cam");
    question.feature_keys = {question.video};
    const int64_t start = record.integer("start");
    const int64_t end = record.integer("end");
    TORCH_CHECK(start >= 0 && start <= end, record.where(),
                ": 'start' to 'end' must be frames in "
                "order, got ",
                start, " to ", end);
    question.feature_rows = data::Question::RowRange{start, end + 1, /*must_exist=*/true};
    question.text = record.text("question");
    question.type = ego_question_type(question.text);

    std::vector<std::vector<int64_t>> candidates;
    for (int64_t i = 1; i <= kEgoCandidates; ++i) {
      const std::string key = fmt::format("a{}", i);
      question.candidates.push_back(record.text(key));
      candidates.push_back(ids(record, key, key + "_encoder"));
    }
    question.word_ids =
        join_candidates(ids(record, "question", "question_encode"), candidates, padding_);
    question.label = record.integer("label");
    TORCH_CHECK(question.label >= 0 && question.label < kEgoCandidates, record.where(),
                ": 'label' must be 0 to ", kEgoCandidates - 1, ", got ", question.label);
    question.answer = record.text("answer");
    TORCH_CHECK(question.candidates[static_cast<size_t>(question.label)] == question.answer,
                record.where(), ": 'label' is ", question.label, ", but candidate a",
                question.label + 1, " is not the answer '", question.answer, "'");
    return question;
  }

  int64_t differing_encodings() const { return differing_encodings_; }

 private:
  std::vector<int64_t> ids(const data::JsonRecord& record, const std::string& text_key,
                           const std::string& encoded_key) {
    const std::vector<int64_t> ours = ego_word_ids(record.text(text_key), vocabulary_);
    TORCH_CHECK(!ours.empty(), record.where(), ": '", text_key, "' holds no word");
    if (!record.has(encoded_key)) return ours;
    std::vector<int64_t> released =
        parse_encoded_text(record.text(encoded_key), vocabulary_.size(),
                           fmt::format("{}: '{}'", record.where(), encoded_key));
    if (released != ours) ++differing_encodings_;
    return released;
  }

  const data::Vocabulary& vocabulary_;
  CandidatePadding padding_;
  int64_t differing_encodings_ = 0;
};

}  // namespace

std::vector<int64_t> ego_word_ids(const std::string& text, const data::Vocabulary& vocabulary) {
  std::vector<int64_t> ids;
  for (const std::string& word : data::msvd_words(data::ascii_lower(text))) {
    std::string known = word;
    for (const std::string suffix : {"s", "ing"}) {
      if (vocabulary.contains(known)) break;
      const bool ends_in_it = word.size() >= suffix.size() &&
                              word.compare(word.size() - suffix.size(), suffix.size(), suffix) == 0;
      if (ends_in_it) known = word.substr(0, word.size() - suffix.size());
    }
    ids.push_back(vocabulary.id(known));
  }
  return ids;
}

std::string ego_question_type(const std::string& question) {
  const std::string text = data::ascii_lower(question);
  if (has(text, "doing")) return has(text, "am i") ? "1_action_1st" : "2_action_3rd";
  if (has(text, "how many")) return "5_count";
  if (has(text, "color") && has(text, "what")) return "6_what_color";
  if (has(text, "what"))
    return has(text, "am i") || has(text, "my") ? "3_what_obj_1st" : "3_what_obj_3rd";
  if (text.rfind("who", 0) == 0)
    return has(text, "me") || has(text, "am i") ? "4_who_1st" : "4_who_3rd";
  return "7_other";
}

std::vector<std::vector<int64_t>> join_candidates(
    const std::vector<int64_t>& question, const std::vector<std::vector<int64_t>>& candidates,
    CandidatePadding padding) {
  std::vector<std::vector<int64_t>> joined;
  size_t longest = 0;
  for (const std::vector<int64_t>& candidate : candidates) {
    joined.push_back(question);
    joined.back().insert(joined.back().end(), candidate.begin(), candidate.end());
    longest = std::max(longest, joined.back().size());
  }
  if (padding == CandidatePadding::kAsPublished)
    for (std::vector<int64_t>& ids : joined) ids.resize(longest, 0);
  return joined;
}

data::QaCorpus load_ego_vqa(const DatasetOptions& options, Faults& faults) {
  const std::string folder = find_released_files(options.root, "data", {"qa_data.json"});
  const auto part_of = read_split(folder + "/data_split.json", options.ego_split);
  data::QaCorpus corpus;
  corpus.name = "ego-vqa";
  corpus.task = models::Task::kMultipleChoice;
  corpus.max_frames = kEgoFrames;
  corpus.sampling = data::FrameSampling::kSegment;
  corpus.vocabulary = read_vocab_txt(folder + "/vocab.txt");
  if (const std::string vectors = folder + "/word_embedding.npy"; fs::exists(vectors))
    corpus.word_vectors = vectors;
  if (const std::string features = folder + "/feats"; fs::is_directory(features))
    corpus.feature_pair = data::FeaturePairFiles{features, features};

  EgoRecordReader reader(corpus.vocabulary, options.candidate_padding);
  const std::array<std::vector<data::Question>*, 3> parts = {&corpus.train, &corpus.val,
                                                             &corpus.test};
  int64_t records = 0;
  int64_t unused = 0;
  const std::string path = folder + "/qa_data.json";
  data::for_each_json_element(path, [&](const json& element, const std::string& where) {
    ++records;
    faults.guard([&] {
      data::Question question = reader.read({element, where}, std::to_string(records));
      const auto part = part_of.find(question.video);
      if (part == part_of.end())
        ++unused;
      else
        parts[part->second]->push_back(std::move(question));
    });
  });
  for (const auto* part : parts)
    TORCH_CHECK(!part->empty() || faults.count() > 0, path, ": a part of split ", options.ego_split,
                " of data_split.json has no question");
  corpus.notes.push_back(
      fmt::format("split {} of three; {} of {} questions are about videos in "
                  "none of its parts and are not used",
                  options.ego_split, unused, records));
  if (reader.differing_encodings() > 0)
    corpus.notes.push_back(
        fmt::format("{} released encodings are not those of vocab.txt; the "
                    "released ones are used",
                    reader.differing_encodings()));
  if (options.candidate_padding == CandidatePadding::kAsPublished)
    corpus.notes.push_back(
        "candidates are padded to the longest with word id 0, which the model "
        "reads, as published (--candidate-padding exact mends it)");
  note_shared_clips(corpus);
  return corpus;
}

}  // namespace vidqa::benchmarks
