#include "benchmarks/datasets/synthetic_dialogue.h"

#include <algorithm>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/benchmarks/datasets/synthetic_clip.h"

namespace vidqa::benchmarks::synthetic {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr uint64_t kSeed = 7;
constexpr int64_t kDialogues = 3000;

struct Clip {
  Scene scene;
  Dialogue dialogue;
};

const std::vector<Clip>& clips() {
  static const std::vector<Clip> all = [] {
    std::vector<Clip> made;
    std::array<int64_t, kColors.size()> occurrences{};
    for (int64_t i = 0; i < kDialogues; ++i) {
      const Scene scene = make_scene(kSeed, i, kFrames);
      made.push_back({scene, make_dialogue(kSeed, scene, occurrences.at(scene.color)++)});
    }
    return made;
  }();
  return all;
}

std::vector<json> questions(const std::string& split) {
  std::vector<Scene> scenes;
  for (int64_t i = 0; i < 200; ++i) scenes.push_back(make_scene(kSeed, i, kFrames));
  const auto files = tvqa_files(kSeed, scenes, 4);
  std::istringstream lines(files.at("tvqa/tvqa_qa_release/tvqa_" + split + ".jsonl"));
  std::vector<json> records;
  for (std::string line; std::getline(lines, line);) records.push_back(json::parse(line));
  return records;
}

TEST(SyntheticDialogue, FiveSpeakersNameFiveColorsAndOneIsThatOfTheShape) {
  for (const Clip& clip : clips()) {
    const auto& colors = clip.dialogue.colors;
    EXPECT_EQ(std::set<size_t>(colors.begin(), colors.end()).size(), kSpeakers.size());
    EXPECT_EQ(colors.at(clip.dialogue.right_speaker), clip.scene.color);
    const auto& order = clip.dialogue.order;
    EXPECT_EQ(std::set<size_t>(order.begin(), order.end()).size(), kSpeakers.size());
  }
}

TEST(SyntheticDialogue, WhatIsSeenLeavesAllSpeakersEquallyLikely) {
  // A rule on the colour alone is right in a fifth of the clips with that colour, whatever it is.
  std::map<size_t, std::array<int64_t, kSpeakers.size()>> right;
  for (const Clip& clip : clips()) ++right[clip.scene.color].at(clip.dialogue.right_speaker);
  for (const auto& [color, counts] : right) {
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    EXPECT_LE(*most - *least, 1) << kColors.at(color);
  }
}

TEST(SyntheticDialogue, WhatIsSaidLeavesAllSpeakersEquallyLikely) {
  // Given what one speaker names, and when, the speaker is right in a fifth of the clips.
  constexpr double kChance = 0.2;
  std::map<std::pair<size_t, size_t>, std::pair<int64_t, int64_t>> by_color;
  std::map<std::pair<size_t, size_t>, std::pair<int64_t, int64_t>> by_turn;
  for (const Clip& clip : clips()) {
    for (size_t turn = 0; turn < kSpeakers.size(); ++turn) {
      const size_t speaker = clip.dialogue.order.at(turn);
      const bool is_right = speaker == clip.dialogue.right_speaker;
      for (auto* count : {&by_color[{speaker, clip.dialogue.colors.at(speaker)}],
                          &by_turn[{turn, clip.scene.index % 2}]}) {
        count->first += is_right ? 1 : 0;
        ++count->second;
      }
    }
  }
  for (const auto& table : {by_color, by_turn}) {
    for (const auto& item : table) {
      const auto [right, all] = item.second;
      const double deviation = std::sqrt(kChance * (1 - kChance) / static_cast<double>(all));
      EXPECT_NEAR(static_cast<double>(right) / static_cast<double>(all), kChance, 4 * deviation);
    }
  }
}

TEST(SyntheticDialogue, BothTogetherSolveEveryJointQuestion) {
  std::vector<Scene> scenes;
  for (int64_t i = 0; i < 200; ++i) scenes.push_back(make_scene(kSeed, i, kFrames));
  const auto files = tvqa_files(kSeed, scenes, 4);
  for (const std::string split : {"train", "val", "test_public"}) {
    for (const json& record : questions(split)) {
      if (record.at("family") != "joint") continue;
      const std::string clip = record.at("vid_name");
      const Scene& scene = scenes.at(static_cast<size_t>(std::stoi(clip.substr(7)) - 1));
      const std::string answer = record.at("a" + record.at("answer_idx").dump());
      EXPECT_THAT(files.at("tvqa/tvqa_subtitles/" + clip + ".srt"),
                  HasSubstr("(" + answer + ":)I like " + kColors.at(scene.color) + "."));
    }
  }
}

TEST(SyntheticDialogue, NeitherPlaceNorTextOfAnAnswerGivesItAway) {
  std::map<std::string, std::array<int64_t, 5>> places;
  std::map<std::string, std::map<std::string, std::pair<int64_t, int64_t>>> texts;
  for (const json& record : questions("train")) {
    const std::string family = record.at("family");
    const auto place = record.at("answer_idx").get<size_t>();
    ++places[family].at(place);
    for (size_t a = 0; a < 5; ++a) {
      auto& [right, all] = texts[family][record.at("a" + std::to_string(a))];
      right += a == place ? 1 : 0;
      ++all;
    }
  }
  ASSERT_EQ(places.size(), 4u);
  for (const auto& [family, counts] : places) {
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    EXPECT_LE(*most - *least, family == "either" ? 12 : 1) << family;  // of every other clip
  }
  for (const auto& [family, counts] : texts) {
    for (const auto& [text, count] : counts) {
      const auto [right, all] = count;
      const double deviation = std::sqrt(0.16 / static_cast<double>(all));
      EXPECT_NEAR(static_cast<double>(right) / static_cast<double>(all), 0.2, 4 * deviation)
          << family << " " << text;
    }
  }
}

TEST(SyntheticDialogue, SubtitlesAreWithinTheClip) {
  const Scene scene = make_scene(kSeed, 0, kFrames);
  const auto files = tvqa_files(kSeed, {scene}, 4);
  const std::string srt = files.at("tvqa/tvqa_subtitles/" + scene.name + ".srt");
  EXPECT_THAT(srt, HasSubstr("1\n00:00:00,286 --> 00:00:00,800\n("));
  EXPECT_THAT(srt, HasSubstr("6\n00:00:03,143 --> 00:00:03,657\n(Narrator:)See how it can "));
  EXPECT_EQ(json::parse(files.at("tvqa/frm_cnt_cache.json")).at(scene.name), 12);
}

}  // namespace
}  // namespace vidqa::benchmarks::synthetic
