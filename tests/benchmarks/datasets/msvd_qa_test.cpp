#include "benchmarks/datasets/msvd_qa.h"

#include <filesystem>
#include <fstream>
#include <map>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "benchmarks/datasets/msvd_prepare.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

json record(int id, int video, const std::string& question, const std::string& answer) {
  return {{"answer", answer}, {"id", id}, {"question", question}, {"video_id", video}};
}

/// A small release in the format of MSVD-QA, one file of which a test may replace.
class MsvdQa : public ::testing::Test {
 protected:
  void SetUp() override {
    write("vocab.txt", "what\nis\nman\n<UNK>\n");
    write("answer_set.txt", "man\ndog\n");
    write("youtube_mapping.txt", "-4wsuPCjDBc_5_15 vid1\nabc_1_2 vid2\nxyz_0_9 vid3");
    write("train_qa.json",
          json({record(0, 1, "what is a man??", "man"), record(1, 1, "who is it?", "cat")}).dump());
    write("val_qa.json", json({record(2, 2, "where is man", "dog")}).dump());
    write("test_qa.json", json({record(3, 3, "what is?", "nobody")}).dump());
  }
  void write(const std::string& name, const std::string& content) {
    std::ofstream(folder_.file(name), std::ios::binary) << content;
  }
  data::QaCorpus load() { return load_msvd_qa({folder_.path().string()}); }
  void expect_refused(const std::string& file, const std::string& message) {
    EXPECT_THAT([&] { load(); }, ThrowsMessage<c10::Error>(
                                     AllOf(HasSubstr(folder_.file(file)), HasSubstr(message))));
  }
  vidqa::testing::TempDir folder_;
};

TEST_F(MsvdQa, RecordsBecomeQuestions) {
  const data::QaCorpus corpus = load();
  ASSERT_EQ(corpus.train.size(), 1U);
  const data::Question& question = corpus.train.front();
  EXPECT_EQ(question.id, "0");
  EXPECT_EQ(question.video, "-4wsuPCjDBc_5_15");
  EXPECT_THAT(question.feature_keys, ElementsAre("-4wsuPCjDBc_5_15", "vid1", "1"));
  EXPECT_EQ(question.feature_row, 0);
  EXPECT_THAT(question.word_ids, ElementsAre(ElementsAre(0, 1, 3, 2)));
  EXPECT_EQ(question.type, "what");
  EXPECT_EQ(question.answer, "man");
  EXPECT_EQ(question.label, 0);
  EXPECT_EQ(corpus.val.front().label, 1);
  EXPECT_EQ(corpus.test.front().label, data::Question::kNoLabel);
  EXPECT_THAT(corpus.answers, ElementsAre("man", "dog"));
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("1 of 2 training questions were dropped")));
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("1 of 1 test questions have answers outside")));
}

TEST_F(MsvdQa, FolderAboveTheFilesWillDo) {
  std::filesystem::create_directory(folder_.path() / "msvd_qa");
  for (const char* name : {"vocab.txt", "answer_set.txt", "youtube_mapping.txt", "train_qa.json",
                           "val_qa.json", "test_qa.json"})
    std::filesystem::rename(folder_.path() / name, folder_.path() / "msvd_qa" / name);
  EXPECT_EQ(load().test.size(), 1U);
}

TEST_F(MsvdQa, FolderWithoutTheFilesIsNamed) {
  std::filesystem::remove(folder_.path() / "train_qa.json");
  std::filesystem::remove(folder_.path() / "test_qa.json");
  EXPECT_THAT([&] { load(); },
              ThrowsMessage<c10::Error>(HasSubstr(
                  "neither this folder nor msvd_qa in it holds train_qa.json or test_qa.json")));
}

TEST_F(MsvdQa, MissingAndEmptyFilesAreNamed) {
  std::filesystem::remove(folder_.path() / "val_qa.json");
  expect_refused("val_qa.json", "no such file");
  write("val_qa.json", "");
  expect_refused("val_qa.json", "is empty");
  write("val_qa.json", "[]");
  expect_refused("val_qa.json", "holds no questions");
}

TEST_F(MsvdQa, JsonThatIsNoArrayIsNamed) {
  write("test_qa.json", "{\"questions\": []}");
  expect_refused("test_qa.json", "must hold one JSON array, got an object");
  write("test_qa.json", "[{\"answer\": ");
  expect_refused("test_qa.json", "is not valid JSON");
  write("test_qa.json", "[3]");
  expect_refused("test_qa.json", "record 1 must be an object, got number");
}

TEST_F(MsvdQa, WrongFieldsAreNamedByRecord) {
  auto broken = record(4, 1, "what is?", "man");
  broken.erase("answer");
  write("train_qa.json", json({record(0, 1, "what?", "man"), broken}).dump());
  expect_refused("train_qa.json", "record 2: the key 'answer' is missing");
  broken["answer"] = 5;
  write("train_qa.json", json({record(0, 1, "what?", "man"), broken}).dump());
  expect_refused("train_qa.json", "record 2: 'answer' must be a string, got 5");
  broken["answer"] = "man";
  broken["video_id"] = "1";
  write("train_qa.json", json({broken}).dump());
  expect_refused("train_qa.json", "record 1: 'video_id' must be a whole number, got \"1\"");
}

TEST_F(MsvdQa, ClipOutsideTheMappingIsNamed) {
  write("val_qa.json", json({record(2, 9, "where is man", "dog")}).dump());
  expect_refused("val_qa.json", "record 1: video_id 9 has no line in youtube_mapping.txt");
}

TEST_F(MsvdQa, IdThatStandsTwiceIsNamed) {
  write("val_qa.json", json({record(2, 2, "what?", "dog"), record(2, 2, "who?", "dog")}).dump());
  expect_refused("val_qa.json", "record 2: the id 2 stands in an earlier record already");
}

TEST_F(MsvdQa, QuestionWithoutWordsIsNamed) {
  write("val_qa.json", json({record(2, 2, "???", "dog")}).dump());
  expect_refused("val_qa.json", "record 1: the question holds no word");
}

TEST_F(MsvdQa, BadListsAreNamed) {
  write("vocab.txt", "what\nis\n");
  expect_refused("vocab.txt", "needs a line <UNK>");
  SetUp();
  write("youtube_mapping.txt", "a vid1\nb 2\n");
  expect_refused("youtube_mapping.txt", "line 2 must read '<clip name> vid<number>', got 'b 2'");
  write("youtube_mapping.txt", "a vid1\nb vid1\n");
  expect_refused("youtube_mapping.txt", "line 2: vid1 stands on an earlier line already");
}

TEST_F(MsvdQa, TrainingSplitWithoutAnyKnownAnswerIsRefused) {
  write("answer_set.txt", "nothing\n");
  EXPECT_THAT([&] { load(); },
              ThrowsMessage<c10::Error>(HasSubstr("none of the 2 training questions")));
}

TEST_F(MsvdQa, ReleasedEncodingsMustBeThoseOfTheLists) {
  auto encoded = record(2, 2, "where is man", "dog");
  encoded["question_encode"] = "3,1,2";
  write("val_qa_encode.json", json({encoded}).dump());
  EXPECT_EQ(load().val.size(), 1U);
  encoded["question_encode"] = "3,1,4";
  write("val_qa_encode.json", json({encoded}).dump());
  expect_refused("val_qa_encode.json",
                 "record 1: 'question_encode': the word id 4 is outside the vocabulary of 4 words");
  encoded["question_encode"] = "3,,1";
  write("val_qa_encode.json", json({encoded}).dump());
  expect_refused("val_qa_encode.json", "must be word ids with commas between them, got '3,,1'");
  encoded["question_encode"] = "3,1,0";
  write("val_qa_encode.json", json({encoded}).dump());
  expect_refused("val_qa_encode.json", "record 1: 'question_encode' is not 'where is man'");
  write("val_qa_encode.json", "[]");
  expect_refused("val_qa_encode.json", "holds 0 records where 1 questions are read");
  std::filesystem::remove(folder_.path() / "val_qa_encode.json");

  encoded = record(0, 1, "what is a man??", "man");
  encoded["question_encode"] = "0,1,3,2";
  encoded["answer_encode"] = 1;
  write("train_qa_encode.json", json({encoded}).dump());
  expect_refused("train_qa_encode.json",
                 "record 1: 'answer_encode' is 1, but 'man' is line 1 of answer_set.txt, class 0");
  encoded["id"] = 1;  // dropped: "cat" is no answer of the set
  write("train_qa_encode.json", json({encoded}).dump());
  expect_refused("train_qa_encode.json", "record 1: the id 1 is none of the questions");
}

TEST_F(MsvdQa, FilesBesideTheAnnotationsAreFound) {
  EXPECT_FALSE(load().word_vectors.has_value());
  EXPECT_FALSE(load().feature_pair.has_value());
  write("word_embedding.npy", "");
  write("video_feature_20.h5", "");
  const data::QaCorpus corpus = load();
  EXPECT_EQ(corpus.word_vectors, folder_.file("word_embedding.npy"));
  ASSERT_TRUE(corpus.feature_pair.has_value());
  EXPECT_EQ(corpus.feature_pair->appearance, folder_.file("video_feature_20.h5"));
  EXPECT_EQ(corpus.feature_pair->motion, folder_.file("video_feature_20.h5"));
}

TEST_F(MsvdQa, PreparedEncodingsAreTheReleasedFiles) {
  const std::string output = folder_.file("encoded");
  const auto written = prepare_msvd_qa(folder_.path().string(), output);
  ASSERT_EQ(written.size(), 3U);
  EXPECT_EQ(written[0], (std::pair<std::string, int64_t>(output + "/train_qa_encode.json", 1)));
  const json train = json::parse(std::ifstream(written[0].first));
  auto expected = record(0, 1, "what is a man??", "man");
  expected["question_encode"] = "0,1,3,2";
  expected["answer_encode"] = 0;
  EXPECT_EQ(train, json({expected}));
  EXPECT_FALSE(json::parse(std::ifstream(written[2].first))[0].contains("answer_encode"));
  for (const char* split : {"train", "val", "test"}) {
    const std::string name = std::string(split) + "_qa_encode.json";
    std::filesystem::copy(output + "/" + name, folder_.file(name));
  }
  EXPECT_EQ(load().train.size(), 1U);
}

std::map<std::string, int> count_types(const std::vector<data::Question>& questions) {
  std::map<std::string, int> counts;
  for (const auto& question : questions) ++counts[question.type];
  return counts;
}

TEST(MsvdQaRelease, CountsAreThePublishedOnes) {
  VIDQA_REQUIRE_SHARED("data/msvd_qa");
  const data::QaCorpus corpus = load_msvd_qa({(vidqa::testing::shared_dir() / "data").string()});
  using Counts = std::map<std::string, int>;
  EXPECT_EQ(count_types(corpus.train),
            (Counts{{"what", 18601}, {"who", 10327}, {"how", 733}, {"when", 156}, {"where", 66}}));
  EXPECT_EQ(count_types(corpus.val),
            (Counts{{"what", 3995}, {"who", 2168}, {"how", 185}, {"when", 51}, {"where", 16}}));
  EXPECT_EQ(count_types(corpus.test),
            (Counts{{"what", 8149}, {"who", 4552}, {"how", 370}, {"when", 58}, {"where", 28}}));
  EXPECT_EQ(corpus.train.size(), 29883U);
  EXPECT_EQ(corpus.vocabulary.size(), 4000);
  EXPECT_EQ(corpus.vocabulary.unknown_id(), 3999);
  EXPECT_EQ(corpus.answers.size(), 1000U);
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("1050 of 30933 training questions were dropped")));
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("675 of 6415 validation questions")));
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("1208 of 13157 test questions")));
}

TEST(MsvdQaRelease, EncodingsMadeAgainEqualTheReleasedOnes) {
  VIDQA_REQUIRE_SHARED("data/msvd_qa/val_qa_encode.json");
  const auto release = vidqa::testing::shared_dir() / "data" / "msvd_qa";
  const vidqa::testing::TempDir folder;
  const auto written = prepare_msvd_qa(release.string(), folder.path().string());
  EXPECT_EQ(written[0].second, 29883);
  EXPECT_EQ(written[2].second, 13157);
  int compared = 0;
  for (const char* split : {"train", "val", "test"}) {
    const std::string name = std::string(split) + "_qa_encode.json";
    if (!std::filesystem::exists(release / name)) continue;
    EXPECT_TRUE(json::parse(std::ifstream(folder.file(name))) ==
                json::parse(std::ifstream(release / name)))
        << name;
    ++compared;
  }
  EXPECT_GE(compared, 1);
}

TEST(MsvdQaRelease, ActivityNetClipInTheSameFormatLoads) {
  VIDQA_REQUIRE_SHARED("data/activitynet_clip");
  const data::QaCorpus corpus =
      load_msvd_qa({(vidqa::testing::shared_dir() / "data" / "activitynet_clip").string()});
  EXPECT_EQ(corpus.test.size(), 10U);
  EXPECT_EQ(corpus.test.front().video, "v_GGSY1Qvo990");
  EXPECT_THAT(corpus.notes,
              Contains(HasSubstr("1 clips of the test split are also in the training split")));
}

TEST(MsvdQaGolden, TrainingFilterAndClassesEqualTheReleasedCode) {
  for (const auto& file : vidqa::testing::golden_files("hme", "data_msvd_encode", ".json")) {
    const json golden = json::parse(std::ifstream(file));
    const vidqa::testing::TempDir folder;
    const auto write_list = [&](const std::string& name, const json& pairs) {
      size_t size = 0;
      for (const auto& pair : pairs) size = std::max(size, pair.at(1).get<size_t>() + 1);
      std::vector<std::string> lines;
      for (size_t i = 0; i < size; ++i) lines.push_back("<unused " + std::to_string(i) + ">");
      for (const auto& pair : pairs) lines.at(pair.at(1).get<size_t>()) = pair.at(0);
      std::ofstream stream(folder.file(name));
      for (const std::string& line : lines) stream << line << '\n';
    };
    json vocabulary = golden.at("vocab");
    vocabulary.push_back({"<UNK>", golden.at("unk")});
    write_list("vocab.txt", vocabulary);
    write_list("answer_set.txt", golden.at("answers"));
    json train = golden.at("train");
    std::ofstream mapping(folder.file("youtube_mapping.txt"));
    for (int i = 1; i <= 1970; ++i) mapping << "clip" << i << " vid" << i << '\n';
    mapping.close();
    for (auto& item : train) item["video_id"] = item.value("video_row", 0) + 1;
    for (const char* split : {"train", "val", "test"})
      std::ofstream(folder.file(std::string(split) + "_qa.json")) << train;

    const data::QaCorpus corpus = load_msvd_qa({folder.path().string()});
    const json& expected = golden.at("train_encoded");
    ASSERT_EQ(corpus.train.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(corpus.train[i].id, std::to_string(expected[i].at("id").get<int64_t>()));
      EXPECT_EQ(corpus.train[i].label, expected[i].at("answer_id").get<int64_t>());
      EXPECT_EQ(corpus.train[i].word_ids.front(),
                expected[i].at("ids").get<std::vector<int64_t>>());
    }
    return;
  }
  GTEST_SKIP() << "needs golden/hme/data_msvd_encode.json";
}

}  // namespace
}  // namespace vidqa::benchmarks
