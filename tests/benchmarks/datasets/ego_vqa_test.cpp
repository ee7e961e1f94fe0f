#include "benchmarks/datasets/ego_vqa.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "benchmarks/datasets/dataset_check.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/pickles.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using vidqa::testing::error_of;
using vidqa::testing::write_file;

json record(const std::string& video, const std::string& question, int label) {
  const std::vector<std::string> candidates = {"cup", "two cups", "table", "a", "b"};
  json result = {{"video", 1},           {"cam", "D"},
                 {"start", 1},           {"end", 3},
                 {"question", question}, {"answer", candidates[static_cast<size_t>(label)]},
                 {"label", label},       {"video_cam", video}};
  for (size_t i = 0; i < candidates.size(); ++i)
    result["a" + std::to_string(i + 1)] = candidates[i];
  return result;
}

/// A small release.
class EgoVqa : public ::testing::Test {
 protected:
  void SetUp() override {
    write_file(folder_.file("vocab.txt"), "what\nam\ni\ncup\nplay\ni\n<UNK>\n");
    write_file(
        folder_.file("data_split.json"),
        R"([[["1_D"], ["2_D"], ["3_D"]], [["2_D"], ["1_D"], ["3_D"]], [["3_D"], ["2_D"], ["1_D"]]])");
    write();
  }
  void write() const { write_file(folder_.file("qa_data.json"), json(records_).dump()); }
  data::QaCorpus load(int64_t split = 0,
                      CandidatePadding padding = CandidatePadding::kAsPublished) const {
    DatasetOptions options;
    options.root = folder_.path().string();
    options.ego_split = split;
    options.candidate_padding = padding;
    return load_dataset("ego-vqa", options);
  }
  void expect_refused(const std::string& message) {
    write();
    EXPECT_THAT(error_of([&] { load(); }),
                AllOf(HasSubstr(folder_.file("qa_data.json")), HasSubstr(message)));
  }
  vidqa::testing::TempDir folder_;
  std::vector<json> records_ = {record("1_D", "What am I playing??", 0),
                                record("2_D", "who is it", 3), record("9_F", "what", 1),
                                record("3_D", "what color", 2)};
};

TEST_F(EgoVqa, RecordsBecomeQuestions) {
  const data::QaCorpus corpus = load();
  EXPECT_EQ(corpus.task, models::Task::kMultipleChoice);
  EXPECT_EQ(corpus.max_frames, 30);
  ASSERT_EQ(corpus.train.size(), 1U);
  const data::Question& question = corpus.train.front();
  EXPECT_EQ(question.id, "1");
  EXPECT_EQ(question.video, "1_D");
  ASSERT_TRUE(question.feature_rows.has_value());
  EXPECT_EQ(question.feature_rows->first, 1);
  EXPECT_EQ(question.feature_rows->last, 4);  // the end is included
  EXPECT_TRUE(question.feature_rows->must_exist);
  EXPECT_EQ(question.label, 0);
  EXPECT_EQ(question.answer, "cup");
  EXPECT_EQ(question.type, "3_what_obj_1st");
  // "i" stands twice in the vocabulary: the first counts. "playing" is "play", "cups" is "cup".
  EXPECT_THAT(question.word_ids,
              ElementsAre(ElementsAre(0, 1, 2, 4, 3, 0), ElementsAre(0, 1, 2, 4, 6, 3),
                          ElementsAre(0, 1, 2, 4, 6, 0), ElementsAre(0, 1, 2, 4, 6, 0),
                          ElementsAre(0, 1, 2, 4, 6, 0)));
  EXPECT_EQ(corpus.val.front().id, "2");
  EXPECT_EQ(corpus.test.front().id, "4");
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("1 of 4 questions are about videos in none")));
}

TEST_F(EgoVqa, ExactPaddingEndsEveryCandidateWhereItEnds) {
  const data::QaCorpus corpus = load(0, CandidatePadding::kExact);
  EXPECT_THAT(corpus.train.front().word_ids[0], ElementsAre(0, 1, 2, 4, 3));
  EXPECT_THAT(corpus.train.front().word_ids[1], ElementsAre(0, 1, 2, 4, 6, 3));
}

TEST_F(EgoVqa, SplitsAreNumberedFromZero) {
  EXPECT_EQ(load(1).train.front().id, "2");
  EXPECT_EQ(load(2).test.front().id, "1");
  for (const int64_t split : {3, -1})
    EXPECT_THAT(error_of([&] { load(split); }),
                AllOf(HasSubstr("must be 0, 1 or 2, got " + std::to_string(split)),
                      HasSubstr("README counts from 1")));
}

TEST_F(EgoVqa, ReleasedEncodingsAreUsedAndDifferencesNoted) {
  records_[0]["question_encode"] = "0,1,5,4";
  records_[0]["a1_encoder"] = "3";
  write();
  const data::QaCorpus corpus = load();
  EXPECT_THAT(corpus.train.front().word_ids[0], ElementsAre(0, 1, 5, 4, 3, 0));
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("1 released encodings are not those of vocab.txt")));
  records_[0]["a1_encoder"] = "3,7";
  expect_refused("record 1: 'a1_encoder': the word id 7 is outside the vocabulary of 7 words");
}

TEST_F(EgoVqa, FaultyRecordsAreNamed) {
  records_[1]["label"] = 5;
  expect_refused("record 2: 'label' must be 0 to 4, got 5");
  records_[1]["label"] = 2;
  expect_refused("record 2: 'label' is 2, but candidate a3 is not the answer 'a'");
  records_[1]["label"] = 3;
  records_[1]["end"] = 0;
  expect_refused("record 2: 'start' to 'end' must be frames in order, got 1 to 0");
  records_[1]["end"] = 3;
  records_[1].erase("a4");
  expect_refused("record 2: the key 'a4' is missing");
  records_[1]["a4"] = "?";
  expect_refused("record 2: 'a4' holds no word");
}

TEST_F(EgoVqa, CheckListsEveryFaultyRecordAndClip) {
  const std::string feats = folder_.file("feats");
  std::filesystem::create_directory(feats);
  for (const char* clip : {"1_D", "2_D", "3_D"})
    for (const char* kind : {"vgg", "c3d"})
      vidqa::testing::write_pickled_rows(fmt::format("{}/{}_{}.pkl", feats, kind, clip),
                                         torch::ones({4, 3}));
  DatasetCheckOptions options;
  options.data.root = folder_.path().string();
  EXPECT_THAT(check_dataset("ego-vqa", options).faults, IsEmpty());

  records_.push_back(record("1_D", "who", 0));
  records_.back()["label"] = 9;
  records_[3]["end"] = 4;
  write();
  write_file(feats + "/vgg_2_D.pkl", "cos\nsystem\n.");
  EXPECT_THAT(
      check_dataset("ego-vqa", options).faults,
      ElementsAre(
          HasSubstr("record 5: 'label' must be 0 to 4"),
          AllOf(HasSubstr("vgg_2_D.pkl"), HasSubstr("'os.system' is not allowed")),
          HasSubstr("question 4 asks for rows 1 to 4 of clip '3_D', which has 4 rows"),
          HasSubstr("question 4 asks for rows 1 to 4 of clip '3_D'")));
}

TEST(EgoQuestionType, FollowsTheReleasedRules) {
  const std::map<std::string, std::string> types = {
      {"What am I doing", "1_action_1st"},
      {"what is the man doing", "2_action_3rd"},
      {"how many people am I talking with", "5_count"},
      {"what is the color of it", "6_what_color"},
      {"what is in my hand", "3_what_obj_1st"},
      {"what is on the table", "3_what_obj_3rd"},
      {"Who is talking with me", "4_who_1st"},
      {"who is on the left", "4_who_3rd"},
      {"where is it", "7_other"}};
  for (const auto& [question, type] : types)
    EXPECT_EQ(ego_question_type(question), type) << question;
}

TEST(EgoVqaGolden, IdsAndModelInputEqualThoseOfTheReleasedCode) {
  const auto files = vidqa::testing::golden_files("hme", "data_ego_encode", ".json");
  if (files.empty()) GTEST_SKIP() << "needs golden/hme/data_ego_encode.json";
  const json golden = json::parse(std::ifstream(files.front()));
  std::vector<std::string> words;
  for (int i = 0; i < 4000; ++i) words.push_back("<unused " + std::to_string(i) + ">");
  for (const auto& pair : golden.at("vocab")) words.at(pair.at(1).get<size_t>()) = pair.at(0);
  const data::Vocabulary vocabulary(words, golden.at("unk"));
  using Ids = std::vector<int64_t>;
  for (const auto& item : golden.at("synthetic"))
    EXPECT_EQ(ego_word_ids(item.at("text"), vocabulary), item.at("ids").get<Ids>()) << item;
  ASSERT_FALSE(golden.at("records").empty());
  for (const auto& item : golden.at("records")) {
    const Ids question = ego_word_ids(item.at("question"), vocabulary);
    EXPECT_EQ(question, item.at("question_ids").get<Ids>()) << item;
    std::vector<Ids> candidates;
    for (const auto& text : item.at("candidates"))
      candidates.push_back(ego_word_ids(text, vocabulary));
    EXPECT_EQ(candidates, item.at("candidate_ids").get<std::vector<Ids>>()) << item;
    EXPECT_EQ(join_candidates(question, candidates, CandidatePadding::kAsPublished),
              item.at("model_ids").get<std::vector<Ids>>())
        << item;
  }
}

TEST(EgoVqaRelease, CountsAreThePublishedOnes) {
  VIDQA_REQUIRE_SHARED("data/ego_vqa/data/qa_data.json");
  const std::vector<std::vector<size_t>> sizes = {
      {276, 173, 132}, {241, 167, 173}, {283, 111, 187}};
  DatasetOptions options;
  options.root = (vidqa::testing::shared_dir() / "data" / "ego_vqa").string();
  std::map<std::string, int> types;
  for (options.ego_split = 0; options.ego_split < 3; ++options.ego_split) {
    const data::QaCorpus corpus = load_dataset("ego-vqa", options);
    EXPECT_THAT((std::vector<size_t>{corpus.train.size(), corpus.val.size(), corpus.test.size()}),
                ::testing::ElementsAreArray(sizes[static_cast<size_t>(options.ego_split)]));
    for (const std::string& note : corpus.notes)
      EXPECT_EQ(note.find("encodings are not"), std::string::npos) << note;
    if (options.ego_split > 0) continue;
    for (const auto* part : {&corpus.train, &corpus.val, &corpus.test})
      for (const data::Question& question : *part) ++types[question.type];
  }
  EXPECT_EQ(types, (std::map<std::string, int>{{"1_action_1st", 85},
                                               {"2_action_3rd", 134},
                                               {"3_what_obj_1st", 67},
                                               {"3_what_obj_3rd", 107},
                                               {"4_who_1st", 13},
                                               {"4_who_3rd", 65},
                                               {"5_count", 70},
                                               {"6_what_color", 34},
                                               {"7_other", 6}}));
}

}  // namespace
}  // namespace vidqa::benchmarks
