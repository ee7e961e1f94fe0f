#include "benchmarks/datasets/asked_question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmarks/datasets/synthetic.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using testing::error_of;
using ::testing::HasSubstr;

/// Asks every test question of a corpus again, by its texts alone.
void expect_the_same_words(const data::QaCorpus& corpus, const DatasetOptions& options,
                           const std::string& subtitle_folder = "") {
  ASSERT_FALSE(corpus.test.empty());
  for (const data::Question& expected : corpus.test) {
    AskedQuestion asked{expected.text, expected.candidates, ""};
    if (!subtitle_folder.empty()) asked.subtitles = subtitle_folder + "/" + expected.video + ".srt";
    const data::Question question = read_asked_question(corpus, options, asked);
    ASSERT_EQ(question.word_ids, expected.word_ids) << expected.text;
    ASSERT_EQ(question.question_ids, expected.question_ids) << expected.text;
    ASSERT_EQ(question.answer_ids, expected.answer_ids) << expected.text;
    ASSERT_EQ(question.text_streams, expected.text_streams) << expected.text;
    ASSERT_EQ(question.candidates, expected.candidates);
  }
}

/// One synthetic data set for all tests here.
class AskedQuestions : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new testing::TempDir;
    SynthOptions options;
    options.output = folder_->path().string();
    options.clips = 20;
    options.frames = 16;
    synthesize(options);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static std::string root() { return folder_->path().string(); }

  static testing::TempDir* folder_;
};

testing::TempDir* AskedQuestions::folder_ = nullptr;

TEST_F(AskedQuestions, AreReadAsThoseOfTheDataSet) {
  for (const char* name :
       {"msvd-qa", "tgif-action", "tgif-transition", "tgif-count", "tgif-frameqa"}) {
    SCOPED_TRACE(name);
    expect_the_same_words(load_dataset(name, {root()}), {root()});
  }
}

TEST_F(AskedQuestions, AreReadWithTheirSubtitlesAsThoseOfTvqa) {
  DatasetOptions options{root() + "/tvqa"};
  options.full_length = true;
  options.streams = std::vector<std::string>{"sub"};
  expect_the_same_words(load_dataset("tvqa", options), options, root() + "/tvqa/tvqa_subtitles");
  options.hard_restrict = true;
  options.streams = std::vector<std::string>{};
  expect_the_same_words(load_dataset("tvqa", options), options);
}

TEST_F(AskedQuestions, WhatIsMissingOrTooMuchIsNamed) {
  const auto error = [](const std::string& name, const DatasetOptions& options,
                        const AskedQuestion& asked) {
    const data::QaCorpus corpus = load_dataset(name, options);
    return error_of([&] { read_asked_question(corpus, options, asked); });
  };
  const DatasetOptions plain{root()};
  EXPECT_THAT(error("tgif-action", plain, {"what ?", {}, ""}),
              HasSubstr("give --answer twice or more, got 0"));
  EXPECT_THAT(error("tgif-frameqa", plain, {"what ?", {"a", "b"}, ""}),
              HasSubstr("leave --answer out"));
  EXPECT_THAT(error("tgif-count", plain, {" ", {}, ""}), HasSubstr("holds no word"));
  EXPECT_THAT(error("tgif-count", plain, {"how many ?", {}, "a.srt"}),
              HasSubstr("leave --subtitles out"));

  DatasetOptions tvqa{root() + "/tvqa"};
  const std::vector<std::string> five = {"a", "b", "c", "d", "e"};
  tvqa.streams = std::vector<std::string>{"sub"};
  EXPECT_THAT(error("tvqa", tvqa, {"who ?", {"a", "b"}, ""}), HasSubstr("give --answer 5 times"));
  EXPECT_THAT(error("tvqa", tvqa, {"who ?", five, ""}), HasSubstr("--subtitles FILE.srt"));
  testing::write_file(root() + "/empty.srt", "");
  EXPECT_THAT(error("tvqa", tvqa, {"who ?", five, root() + "/empty.srt"}),
              HasSubstr("no subtitle entry"));
  tvqa.streams = std::vector<std::string>{"vcpt"};
  EXPECT_THAT(error("tvqa", tvqa, {"who ?", five, ""}), HasSubstr("visual concepts"));
}

TEST(AskedQuestionsOfReleases, AreReadAsTheReleasedOnes) {
  VIDQA_REQUIRE_SHARED("data/msvd_qa");
  const DatasetOptions options{(testing::shared_dir() / "data/msvd_qa").string()};
  expect_the_same_words(load_dataset("msvd-qa", options), options);
}

TEST(AskedQuestionsOfBuiltVocabularies, AreReadAsThoseOfTheTables) {
  const testing::TempDir folder;
  const std::string head =
      "video,frame_count,width,height,question,answer,qid,type,a0,a1,a2,a3,a4\n";
  const std::string row =
      "7,10,4,4,why did the boy's dog run,1,0,CW,to eat,it was happy,no,yes,the boy ran\n";
  for (const char* split : {"train", "val", "test"})
    testing::write_file(folder.file(std::string(split) + ".csv"), head + row);
  const DatasetOptions options{folder.path().string()};
  expect_the_same_words(load_dataset("next-qa", options), options);
}

}  // namespace
}  // namespace vidqa::benchmarks
