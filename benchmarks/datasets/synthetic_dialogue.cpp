#include "benchmarks/datasets/synthetic_dialogue.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pipeline/data/seeded_random.h"

namespace vidqa::benchmarks::synthetic {
namespace {

constexpr size_t kNumAnswers = 5;
constexpr double kFramesPerSecond = 3;  // of TVQA's frames

/// What a random sequence is for: part of its key, apart from those of the other synthetic files.
enum DialoguePurpose : uint64_t {
  kRightSpeaker = 201,
  kOtherColors,
  kOrder,
  kAsked,
  kPlace,
  kWrongAction
};

template <size_t N>
std::vector<size_t> shuffled(data::SeededRandom random) {
  std::vector<size_t> values(N);
  std::iota(values.begin(), values.end(), 0);
  random.shuffle(values);
  return values;
}

/// Element `position` of a sequence whose blocks of five hold 0 to 4 once each.
size_t balanced_of_five(uint64_t seed, DialoguePurpose purpose, uint64_t series, int64_t position) {
  const int64_t block = position / static_cast<int64_t>(kNumAnswers);
  return shuffled<kNumAnswers>(data::SeededRandom(
      {seed, purpose, series,
       static_cast<uint64_t>(block)}))[static_cast<size_t>(position) % kNumAnswers];
}

enum Family : uint64_t { kSubtitle, kVideo, kEither, kJoint };
constexpr std::array<const char*, 4> kFamilies = {"subtitle", "video", "either", "joint"};

/// Questions in TVQA's format, one split after another.
class QuestionWriter {
 public:
  QuestionWriter(uint64_t seed, double clip_seconds) : seed_(seed), clip_seconds_(clip_seconds) {}

  /// `answers`: the right one first.
  void add(const Scene& scene, const std::string& split, Family family, const std::string& question,
           std::vector<std::string> answers) {
    data::SeededRandom random(
        {seed_, kPlace, family, UINT64_MAX, static_cast<uint64_t>(scene.index)});
    const std::string right = answers.front();
    answers.erase(answers.begin());
    random.shuffle(answers);
    const size_t place = balanced_of_five(seed_, kPlace, family, scene.index);
    answers.insert(answers.begin() + static_cast<std::ptrdiff_t>(place), right);
    nlohmann::ordered_json record;
    for (size_t a = 0; a < answers.size(); ++a) record[fmt::format("a{}", a)] = answers[a];
    record["answer_idx"] = place;
    record["q"] = question;
    record["qid"] = next_id_++;
    record["show_name"] = "Shapes";
    record["ts"] = fmt::format("0-{:.2f}", clip_seconds_);
    record["vid_name"] = scene.name;
    record["family"] = kFamilies.at(family);
    lines_[split] += record.dump() + "\n";
  }

  const std::map<std::string, std::string>& lines() const { return lines_; }

 private:
  uint64_t seed_;
  double clip_seconds_;
  int64_t next_id_ = 0;
  std::map<std::string, std::string> lines_;
};

std::vector<std::string> names_of(const std::vector<size_t>& colors) {
  std::vector<std::string> names;
  for (const size_t color : colors) names.emplace_back(kColors.at(color));
  return names;
}

/// The colours of a dialogue, `first` before the others.
std::vector<std::string> color_answers(const Dialogue& dialogue, size_t first) {
  std::vector<size_t> colors = {first};
  for (const size_t color : dialogue.colors)
    if (color != first) colors.push_back(color);
  return names_of(colors);
}

void ask(QuestionWriter& writer, uint64_t seed, const Scene& scene, const Dialogue& dialogue,
         const std::string& split) {
  const size_t asked = balanced_of_five(seed, kAsked, 0, scene.index);
  writer.add(scene, split, kSubtitle,
             fmt::format("Which color does {} like ?", kSpeakers.at(asked)),
             color_answers(dialogue, dialogue.colors.at(asked)));
  writer.add(scene, split, kVideo, "What is the color of the shape ?",
             color_answers(dialogue, scene.color));
  if (!scene.is_transition) {
    std::vector<std::string> actions = {kActions.at(scene.action).phrase};
    for (const size_t action : shuffled<kActions.size()>(
             data::SeededRandom({seed, kWrongAction, static_cast<uint64_t>(scene.index)})))
      if (action != scene.action && actions.size() < kNumAnswers)
        actions.emplace_back(kActions.at(action).phrase);
    writer.add(scene, split, kEither, "What does the shape do ?", actions);
  }
  std::vector<std::string> speakers = {kSpeakers.at(dialogue.right_speaker)};
  for (size_t speaker = 0; speaker < kSpeakers.size(); ++speaker)
    if (speaker != dialogue.right_speaker) speakers.emplace_back(kSpeakers.at(speaker));
  writer.add(scene, split, kJoint, "Who likes the color of the shape ?", speakers);
}

std::string srt_time(double seconds) {
  const auto milliseconds = static_cast<int64_t>(std::lround(seconds * 1000));
  return fmt::format("{:02d}:{:02d}:{:02d},{:03d}", milliseconds / 3600000,
                     milliseconds / 60000 % 60, milliseconds / 1000 % 60, milliseconds % 1000);
}

/// Lines at equal distances, none at the very start or end.
std::string subtitles(const Scene& scene, const Dialogue& dialogue, double clip_seconds) {
  std::vector<std::string> lines;
  for (const size_t speaker : dialogue.order)
    lines.push_back(fmt::format("({}:)I like {}.", kSpeakers.at(speaker),
                                kColors.at(dialogue.colors.at(speaker))));
  if (!scene.is_transition)
    lines.push_back(fmt::format("(Narrator:)See how it can {}!", kActions.at(scene.action).phrase));
  const double distance = clip_seconds / static_cast<double>(lines.size() + 1);
  std::string text;
  for (size_t i = 0; i < lines.size(); ++i) {
    const double start = distance * (static_cast<double>(i) + 0.5);
    text += fmt::format("{}\n{} --> {}\n{}\n\n", i + 1, srt_time(start),
                        srt_time(start + 0.9 * distance), lines[i]);
  }
  return text;
}

}  // namespace

Dialogue make_dialogue(uint64_t seed, const Scene& scene, int64_t occurrence) {
  const auto index = static_cast<uint64_t>(scene.index);
  Dialogue dialogue;
  dialogue.right_speaker = balanced_of_five(seed, kRightSpeaker, scene.color, occurrence);
  size_t next = 0;
  const std::vector<size_t> colors =
      shuffled<kColors.size()>(data::SeededRandom({seed, kOtherColors, index}));
  for (size_t speaker = 0; speaker < kSpeakers.size(); ++speaker) {
    if (speaker == dialogue.right_speaker) {
      dialogue.colors.at(speaker) = scene.color;
      continue;
    }
    if (colors.at(next) == scene.color) ++next;
    dialogue.colors.at(speaker) = colors.at(next++);
  }
  const std::vector<size_t> order =
      shuffled<kSpeakers.size()>(data::SeededRandom({seed, kOrder, index}));
  std::copy(order.begin(), order.end(), dialogue.order.begin());
  return dialogue;
}

std::map<std::string, std::string> tvqa_files(uint64_t seed, const std::vector<Scene>& scenes,
                                              double clip_seconds) {
  const auto size = static_cast<int64_t>(scenes.size());
  const auto frames = static_cast<int64_t>(std::floor(clip_seconds * kFramesPerSecond));
  std::map<std::string, std::string> files;
  nlohmann::ordered_json frame_counts;
  nlohmann::ordered_json concepts;
  std::array<int64_t, kColors.size()> occurrences{};
  QuestionWriter writer(seed, clip_seconds);
  for (const Scene& scene : scenes) {
    const Dialogue dialogue = make_dialogue(seed, scene, occurrences.at(scene.color)++);
    const char* split = scene.index < size * 7 / 10   ? "train"
                        : scene.index < size * 8 / 10 ? "val"
                                                      : "test_public";
    ask(writer, seed, scene, dialogue, split);
    files[fmt::format("tvqa/tvqa_subtitles/{}.srt", scene.name)] =
        subtitles(scene, dialogue, clip_seconds);
    frame_counts[scene.name] = frames;
    concepts[scene.name] = std::vector<std::string>(
        static_cast<size_t>(frames), fmt::format("{} shape", kColors.at(scene.color)));
  }
  for (const auto& [split, lines] : writer.lines())
    files[fmt::format("tvqa/tvqa_qa_release/tvqa_{}.jsonl", split)] = lines;
  files["tvqa/frm_cnt_cache.json"] = frame_counts.dump();
  files["tvqa/det_visual_concepts_hq.json"] = concepts.dump();
  return files;
}

}  // namespace vidqa::benchmarks::synthetic
