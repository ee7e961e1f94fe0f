#include "benchmarks/datasets/synthetic_questions.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "pipeline/data/seeded_random.h"

namespace vidqa::benchmarks::synthetic {
namespace {

constexpr size_t kNumCandidates = 5;
constexpr const char* kPivot = "the light goes out";
constexpr std::array<const char*, kMaxTimes + 1> kNumbers = {
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight"};

/// What a sequence of candidates is for: part of its key, apart from those of synthetic_scene.cpp.
enum QuestionPurpose : uint64_t { kActionCandidates = 101, kBeforeCandidates, kAfterCandidates };

struct Choice {
  std::vector<std::string> candidates;
  size_t right = 0;
};

/// The right action among others; `other`, when it is another one, is always there. The right place
/// walks through shuffled blocks of the five places, so that none is favoured.
Choice choose(uint64_t seed, QuestionPurpose purpose, int64_t position, size_t action,
              size_t other) {
  data::SeededRandom random({seed, purpose, static_cast<uint64_t>(position)});
  std::vector<size_t> wrong;
  for (size_t i = 0; i < kActions.size(); ++i)
    if (i != action && i != other) wrong.push_back(i);
  random.shuffle(wrong);
  if (other != action) wrong.insert(wrong.begin(), other);
  wrong.resize(kNumCandidates - 1);
  random.shuffle(wrong);

  constexpr auto kBlock = static_cast<int64_t>(kNumCandidates);
  std::vector<size_t> places = {0, 1, 2, 3, 4};
  data::SeededRandom({seed, purpose, UINT64_MAX, static_cast<uint64_t>(position / kBlock)})
      .shuffle(places);
  Choice choice;
  choice.right = places[static_cast<size_t>(position % kBlock)];
  wrong.insert(wrong.begin() + static_cast<std::ptrdiff_t>(choice.right), action);
  for (const size_t i : wrong) choice.candidates.emplace_back(kActions.at(i).phrase);
  return choice;
}

/// One table in TGIF-QA's format.
class TgifTable {
 public:
  TgifTable(std::string id_prefix, const std::vector<std::string>& header)
      : id_prefix_(std::move(id_prefix)), header_(fmt::format("{}\r\n", fmt::join(header, "\t"))) {}

  /// `fields`: those between gif_name and vid_id. `last`: those after key.
  void add(const Scene& scene, bool is_train, const std::vector<std::string>& fields,
           const std::vector<std::string>& last = {}) {
    std::vector<std::string> row = {scene.name};
    row.insert(row.end(), fields.begin(), fields.end());
    row.push_back(fmt::format("{}{}", id_prefix_, ++rows_));
    row.push_back(std::to_string(scene.index + 1));
    row.insert(row.end(), last.begin(), last.end());
    (is_train ? train_ : test_) += fmt::format("{}\r\n", fmt::join(row, "\t"));
  }

  void write_to(std::map<std::string, std::string>& files, const std::string& task) const {
    files[fmt::format("tgif_qa/Train_{}_question.csv", task)] = header_ + train_;
    files[fmt::format("tgif_qa/Test_{}_question.csv", task)] = header_ + test_;
  }

 private:
  std::string id_prefix_;
  std::string header_;
  std::string train_;
  std::string test_;
  int64_t rows_ = 0;
};

std::vector<std::string> choice_fields(const std::string& question, const Choice& choice) {
  std::vector<std::string> fields = {question};
  fields.insert(fields.end(), choice.candidates.begin(), choice.candidates.end());
  fields.push_back(std::to_string(choice.right));
  return fields;
}

void write_tgif(uint64_t seed, const std::vector<Scene>& scenes,
                std::map<std::string, std::string>& files) {
  const std::vector<std::string> choice_header = {
      "gif_name", "question", "a1", "a2", "a3", "a4", "a5", "answer", "vid_id", "key"};
  TgifTable actions("ACTION", choice_header);
  TgifTable transitions("TRANS", choice_header);
  TgifTable counts("COUNT", {"gif_name", "question", "answer", "vid_id", "key"});
  TgifTable frames("FRAMEQA",
                   {"gif_name", "question", "answer", "type", "vid_id", "key", "description"});
  const auto num_train = static_cast<int64_t>(scenes.size()) * 8 / 10;
  for (const Scene& scene : scenes) {
    const bool is_train = scene.index < num_train;
    const int64_t position = scene.index / 2;  // among the clips of its kind
    const std::string color = kColors.at(scene.color);
    const std::string shape = kShapes.at(scene.shape);
    const std::string description = fmt::format("a {} {} .", color, shape);
    frames.add(scene, is_train, {"what is the color of the shape ?", color, "2"}, {description});
    frames.add(scene, is_train, {"what is the shape in the video ?", shape, "0"}, {description});
    if (scene.is_transition) {
      const auto ask = [&](const char* when, QuestionPurpose purpose, size_t action, size_t other) {
        transitions.add(scene, is_train,
                        choice_fields(fmt::format("What does the shape do {} {} ?", when, kPivot),
                                      choose(seed, purpose, position, action, other)));
      };
      ask("before", kBeforeCandidates, scene.before, scene.after);
      ask("after", kAfterCandidates, scene.after, scene.before);
    } else {
      actions.add(
          scene, is_train,
          choice_fields(fmt::format("What does the shape do {} times ?", scene.times),
                        choose(seed, kActionCandidates, position, scene.action, scene.action)));
      counts.add(
          scene, is_train,
          {fmt::format("How many times does the shape {} ?", kActions.at(scene.action).phrase),
           std::to_string(scene.times)});
    }
  }
  actions.write_to(files, "action");
  transitions.write_to(files, "transition");
  counts.write_to(files, "count");
  frames.write_to(files, "frameqa");
}

/// Words or answers with the number of their occurrences, the most frequent first, then in byte
/// order.
std::vector<std::string> by_frequency(const std::map<std::string, int64_t>& counts) {
  std::vector<std::pair<std::string, int64_t>> entries(counts.begin(), counts.end());
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> names;
  for (const auto& [name, count] : entries) names.push_back(name);
  return names;
}

std::vector<std::pair<std::string, std::string>> msvd_questions(const Scene& scene) {
  std::vector<std::pair<std::string, std::string>> questions = {
      {"what is the color of the shape?", kColors.at(scene.color)},
      {"who is in the video?", kShapes.at(scene.shape)}};
  if (scene.is_transition) {
    for (const auto& [action, answer] :
         {std::pair(scene.before, "early"), std::pair(scene.after, "late")})
      questions.emplace_back(fmt::format("when does the shape {}?", kActions.at(action).phrase),
                             answer);
  } else {
    const Action& action = kActions.at(scene.action);
    questions.emplace_back("what is the shape doing?", action.gerund);
    questions.emplace_back(fmt::format("how many times does the shape {}?", action.phrase),
                           kNumbers.at(static_cast<size_t>(scene.times)));
  }
  return questions;
}

void write_msvd(const std::vector<Scene>& scenes, std::map<std::string, std::string>& files) {
  const auto size = static_cast<int64_t>(scenes.size());
  std::map<std::string, nlohmann::json> splits = {{"train", nlohmann::json::array()},
                                                  {"val", nlohmann::json::array()},
                                                  {"test", nlohmann::json::array()}};
  std::map<std::string, int64_t> words;
  std::map<std::string, int64_t> answers;
  std::vector<std::string> mapping;
  int64_t id = 0;
  for (const Scene& scene : scenes) {
    mapping.push_back(fmt::format("{} vid{}", scene.name, scene.index + 1));
    const bool is_train = scene.index < size * 7 / 10;
    const char* split = is_train ? "train" : scene.index < size * 8 / 10 ? "val" : "test";
    for (const auto& [question, answer] : msvd_questions(scene)) {
      splits[split].push_back({{"answer", answer},
                               {"id", id++},
                               {"question", question},
                               {"video_id", scene.index + 1}});
      if (!is_train) continue;
      ++answers[answer];
      std::string text =
          question.substr(0, question.size() - 1) + ' ';  // without the question mark
      for (size_t at = 0, end = 0; (end = text.find(' ', at)) != std::string::npos; at = end + 1)
        ++words[text.substr(at, end - at)];
    }
  }
  for (const auto& [split, records] : splits)
    files[fmt::format("msvd_qa/{}_qa.json", split)] = records.dump();
  files["msvd_qa/vocab.txt"] = fmt::format("{}\n<UNK>\n", fmt::join(by_frequency(words), "\n"));
  files["msvd_qa/answer_set.txt"] = fmt::format("{}\n", fmt::join(by_frequency(answers), "\n"));
  files["msvd_qa/youtube_mapping.txt"] = fmt::format("{}\n", fmt::join(mapping, "\n"));
}

std::string describe(const Scene& scene) {
  nlohmann::ordered_json line = {{"video", scene.name + ".mp4"},
                                 {"shape", kShapes.at(scene.shape)},
                                 {"color", kColors.at(scene.color)}};
  if (scene.is_transition) {
    line["before"] = kActions.at(scene.before).phrase;
    line["after"] = kActions.at(scene.after).phrase;
  } else {
    line["action"] = kActions.at(scene.action).phrase;
    line["times"] = scene.times;
  }
  return line.dump() + "\n";
}

}  // namespace

std::map<std::string, std::string> annotation_files(uint64_t seed,
                                                    const std::vector<Scene>& scenes) {
  std::map<std::string, std::string> files;
  write_tgif(seed, scenes, files);
  write_msvd(scenes, files);
  for (const Scene& scene : scenes) files["scenes.jsonl"] += describe(scene);
  return files;
}

}  // namespace vidqa::benchmarks::synthetic
