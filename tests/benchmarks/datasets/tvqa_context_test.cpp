// Subtitles, numbers of frames and visual concepts of TVQA clips.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "benchmarks/datasets/tvqa_frame_counts.h"
#include "benchmarks/datasets/tvqa_subtitles.h"
#include "benchmarks/datasets/tvqa_visual_concepts.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/pickles.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;
using Rows = data::Question::RowRange;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using vidqa::testing::error_of;
using vidqa::testing::write_file;

class TvqaContextTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& content) {
    fs::create_directories(fs::path(folder_.file(name)).parent_path());
    write_file(folder_.file(name), content);
    return folder_.file(name);
  }
  vidqa::testing::TempDir folder_;
};

TEST_F(TvqaContextTest, ThreeFormsOfSubtitlesGiveTheSameWords) {
  write("tvqa_subtitles/clip.srt",
        "1\n00:00:01,500 --> 00:00:02,000\n(Ross:)Hi, you.\n\n"
        "2\n00:00:03,000 --> 00:00:04,000\nIt's\nme...\n");
  const std::string cache = write(
      "srt_data_cache.json",
      R"({"sub_text": {"clip": ["(Ross:)Hi, you.", "(<UNKNAME>:)It's me..."]}, "sub_time": {"clip": [1.5, 3.0]}})");
  const std::string lines = write(
      "tvqa_preprocessed_subtitles.jsonl",
      R"({"vid_name": "clip", "sub": [{"text": " Ross : Hi, you.", "start": 1.5, "end": 2.0}, {"text": "It's me...", "start": 3, "end": 4}]})");
  for (const std::string& path : {folder_.file("tvqa_subtitles"), cache, lines}) {
    TvqaSubtitles subtitles(path);
    EXPECT_THAT(subtitles.clip("clip").texts,
                ElementsAre("Ross : Hi , you .", "UNKNAME : It 's me ."))
        << path;
    EXPECT_THAT(subtitles.clip("clip").start_seconds, ElementsAre(1.5, 3)) << path;
    EXPECT_THAT(error_of([&] { subtitles.clip("other"); }),
                AllOf(HasSubstr(path), HasSubstr("other")));
  }
}

TEST_F(TvqaContextTest, SubtitleFaultsNameFileAndClip) {
  const auto error = [&](const std::string& name, const std::string& content) {
    const std::string path = write(name, content);
    const std::string message = error_of([&] { TvqaSubtitles(path).clip("clip"); });
    EXPECT_THAT(message, HasSubstr(path));
    return message;
  };
  EXPECT_THAT(error("a.json", R"({"sub_text": {"clip": ["a"]}, "sub_time": {"clip": []}})"),
              HasSubstr("clip 'clip' must have as many times in 'sub_time' as texts"));
  EXPECT_THAT(error("a.json", R"({"sub_text": {"clip": ["a"]}, "sub_time": {}})"),
              HasSubstr("clip 'clip' must have as many times"));
  EXPECT_THAT(error("a.json", R"({"sub_text": {"clip": [""]}, "sub_time": {"clip": [1]}})"),
              HasSubstr("clip 'clip': entry 1 must have a text"));
  EXPECT_THAT(error("a.json", R"({"sub_text": {"clip": ["a"]}, "sub_time": {"clip": ["1"]}})"),
              HasSubstr("entry 1 must have a time"));
  EXPECT_THAT(error("a.json", R"({"sub_text": {"clip": []}, "sub_time": {"clip": []}})"),
              HasSubstr("clip 'clip' has no subtitle entry"));
  EXPECT_THAT(error("a.json", R"({"sub_text": {}})"), HasSubstr("'sub_time' is missing"));
  EXPECT_THAT(error("a.jsonl", R"({"vid_name": "clip", "sub": [{"text": "a"}]})"),
              HasSubstr("line 1: the key 'start' is missing"));
  EXPECT_THAT(error("a.jsonl",
                    "{\"vid_name\": \"clip\", \"sub\": []}\n"
                    "{\"vid_name\": \"clip\", \"sub\": []}"),
              HasSubstr("line 2: the clip 'clip' stands on an earlier line"));
  write("srt/clip.srt", "");
  EXPECT_THAT(error_of([&] { TvqaSubtitles(folder_.file("srt")).clip("clip"); }),
              HasSubstr("clip 'clip' has no subtitle entry"));
}

TEST_F(TvqaContextTest, FrameCountsComeFromTheCacheOrTheFrames) {
  TvqaFrameCounts cache(write("frm_cnt_cache.json", R"({"s01e01": 12, "met_s01": 7})"));
  EXPECT_EQ(cache.clip("s01e01"), 12);
  EXPECT_THAT(error_of([&] { cache.clip("s02"); }),
              AllOf(HasSubstr("frm_cnt_cache.json"), HasSubstr("clip 's02'")));
  for (const char* name : {"bbt_frames/s01e01/00001.jpg", "bbt_frames/s01e01/00002.jpg",
                           "bbt_frames/s01e01/notes.txt", "bbt_frames/s01e01/.00003.jpg",
                           "met_frames/met_s01/00001.jpg", "grey_frames/grey_s01/notes.txt"})
    write(std::string("frames/") + name, "x");
  TvqaFrameCounts frames(folder_.file("frames"));
  EXPECT_EQ(frames.clip("s01e01"), 2);
  EXPECT_EQ(frames.clip("met_s01"), 1);
  EXPECT_THAT(error_of([&] { frames.clip("grey_s01"); }), HasSubstr("grey_s01: holds no frame"));
  EXPECT_THAT(error_of([&] { frames.clip("house_s01"); }),
              HasSubstr("house_frames/house_s01: no such folder"));
}

TEST_F(TvqaContextTest, FrameCountThatIsNoneIsNamed) {
  for (const char* value : {"0", "-3", "2.5", "\"7\""})
    EXPECT_THAT(error_of([&] {
                  TvqaFrameCounts(write("cache.json", std::string("{\"clip\": ") + value + "}"));
                }),
                AllOf(HasSubstr("cache.json: clip 'clip'"), HasSubstr(value)));
}

TEST_F(TvqaContextTest, VisualConceptsComeFromAPickleOrJson) {
  const std::string pickle = folder_.file("det_visual_concepts_hq.pickle");
  vidqa::testing::write_pickled_texts(pickle, {{"a", {"man , white shirt", ""}}, {"b", {}}});
  const std::string json =
      write("det_visual_concepts_hq.json", R"({"a": ["man , white shirt", ""], "b": []})");
  for (const std::string& path : {pickle, json}) {
    const TvqaVisualConcepts concepts(path);
    EXPECT_THAT(concepts.clip("a"), ElementsAre("man , white shirt", ""));
    EXPECT_THAT(concepts.clip("b"), IsEmpty());
    EXPECT_THAT(error_of([&] { concepts.clip("c"); }),
                AllOf(HasSubstr(path), HasSubstr("clip 'c'")));
  }
}

TEST_F(TvqaContextTest, VisualConceptFaultsNameFileAndClip) {
  const auto error = [&](const std::string& name, const std::string& content) {
    const std::string path = write(name, content);
    const std::string message = error_of([&] { TvqaVisualConcepts{path}; });
    EXPECT_THAT(message, HasSubstr(path));
    return message;
  };
  EXPECT_THAT(error("a.json", R"({"clip": ["x", 3]})"), HasSubstr("clip 'clip' must be a list"));
  EXPECT_THAT(error("a.json", R"({"clip": "x"})"), HasSubstr("clip 'clip' must be a list"));
  EXPECT_THAT(error("a.json", "{}"), HasSubstr("holds no clips"));
  EXPECT_THAT(error("a.pickle", "(dp0\nS'clip'\np1\nI5\ns."),
              HasSubstr("clip 'clip': is not a pickled {clip: [text a frame]}"));
  EXPECT_THAT(error("a.pickle", "cos\nsystem\n(S'true'\ntR."),
              HasSubstr("global 'os.system' is not allowed"));
  EXPECT_THAT(error("a.pickle", std::string("\x80\x02\xFE.")), HasSubstr("opcode 0xfe"));
  EXPECT_THAT(error("a.pickle", "(dp0\nS'clip'\np1\n(lp2\n"), HasSubstr("is not a pickled"));
}

TEST(VisualConceptWords, RangeIncludesItsLastRow) {
  const std::vector<std::string> frames = {"man", "woman", "dog"};
  EXPECT_THAT(visual_concept_words(frames, Rows{0, 1}), ElementsAre("man", "woman"));
  EXPECT_THAT(visual_concept_words(frames, Rows{2, 9}), ElementsAre("dog"));
  EXPECT_THAT(visual_concept_words(frames, Rows{3, 9}), IsEmpty());
  EXPECT_THAT(visual_concept_words(frames, Rows{2, 0}), IsEmpty());
  EXPECT_THAT(visual_concept_words(frames, std::nullopt), ElementsAre("man", "woman", "dog"));
}

TEST(VisualConceptWords, PhrasesThatDifferInBlanksAreKept) {
  EXPECT_THAT(visual_concept_words({"Man , red car", "man , red car"}, std::nullopt),
              ElementsAre("man", "red", "car", "man", "red", "car"));
}

TEST(TvqaContextGolden, VisualConceptsEqualThoseOfTheReleasedCode) {
  VIDQA_REQUIRE_SHARED("golden/tvqa/data/vcpt.json");
  const auto golden = vidqa::testing::golden_json("tvqa/data/vcpt.json");
  ASSERT_EQ(golden.at("cases").size(), 35U);
  for (const auto& item : golden.at("cases")) {
    std::optional<Rows> rows;
    if (item.at("with_ts").get<bool>())
      rows = Rows{item.at("located_frame")[0], item.at("located_frame")[1]};
    std::vector<std::string> words = visual_concept_words(item.at("frames"), rows);
    words.emplace_back("<eos>");
    EXPECT_EQ(nlohmann::json(words), item.at("words")) << item.dump();
  }
}

}  // namespace
}  // namespace vidqa::benchmarks
