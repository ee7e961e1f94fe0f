#include "benchmarks/datasets/youtube2text_qa.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "benchmarks/datasets/dataset_check.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using vidqa::testing::error_of;

json record(const std::string& id) {
  return {{"id", id},
          {"video_id", 568},
          {"VideoID", "GY5Dl00LrEI_2_13"},
          {"Question", "Who runs fast?"},
          {"Type", "who"},
          {"Candidates", {"Woman", "man", "boy", "girl"}},
          {"Answer", "Woman"},
          {"answer_encode", 0}};
}

class Youtube2TextQa : public ::testing::Test {
 protected:
  void SetUp() override {
    vidqa::testing::write_file(folder_.file("vocab.txt"), "who\nruns\nwoman\nman\n<UNK>\n");
    write("train", {record("1"), record("2")});
    write("val", {record("3")});
    write("test", {record("4")});
  }
  void write(const std::string& split, const std::vector<json>& records) {
    vidqa::testing::write_file(folder_.file(split + "_qa_encode.json"), json(records).dump());
  }
  DatasetOptions options() const {
    DatasetOptions options;
    options.root = folder_.path().string();
    return options;
  }
  data::QaCorpus load() const { return load_dataset("youtube2text-qa", options()); }
  vidqa::testing::TempDir folder_;
};

TEST_F(Youtube2TextQa, CandidatesAreReadFromTheLastToTheFirst) {
  const data::QaCorpus corpus = load();
  const data::Question& question = corpus.train.front();
  EXPECT_THAT(question.candidates, ElementsAre("girl", "boy", "man", "Woman"));
  EXPECT_EQ(question.label, 3);  // so that equal scores, of which the first counts, are wrong
  EXPECT_EQ(question.answer, "Woman");
  EXPECT_THAT(question.word_ids, ElementsAre(ElementsAre(0, 1, 4, 4), ElementsAre(0, 1, 4, 4),
                                             ElementsAre(0, 1, 4, 3), ElementsAre(0, 1, 4, 2)));
  EXPECT_THAT(question.feature_keys, ElementsAre("GY5Dl00LrEI_2_13", "vid568", "568"));
  EXPECT_EQ(question.feature_row, 567);
  EXPECT_EQ(question.type, "who");
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("the first candidate of every released record")));
}

TEST_F(Youtube2TextQa, ReleasedEncodingsAreUsed) {
  json encoded = record("3");
  encoded["question_encode"] = "0,1,1";
  encoded["candidate_encode"] = {2, 3, 0, 1};
  write("val", {encoded});
  EXPECT_THAT(load().val.front().word_ids[3], ElementsAre(0, 1, 1, 2));
  encoded["candidate_encode"] = {2, 3, 0, 5};
  write("val", {encoded});
  EXPECT_THAT(error_of([&] { load(); }),
              AllOf(HasSubstr("val_qa_encode.json: record 1: 'candidate_encode': the word id 5"),
                    HasSubstr("outside the vocabulary of 5 words")));
  encoded["candidate_encode"] = {2, 3, 0};
  write("val", {encoded});
  EXPECT_THAT(error_of([&] { load(); }), HasSubstr("has 3 ids for 4 candidates"));
}

TEST_F(Youtube2TextQa, FaultyRecordsAreAllListed) {
  json bad_label = record("5");
  bad_label["answer_encode"] = 4;
  json other_answer = record("6");
  other_answer["Answer"] = "man";
  write("test", {bad_label, other_answer, record("4"), record("4")});
  DatasetCheckOptions check;
  check.data = options();
  EXPECT_THAT(check_dataset("youtube2text-qa", check).faults,
              ElementsAre(HasSubstr("record 1: 'answer_encode' must be 0 to 3, got 4"),
                          HasSubstr("record 2: 'answer_encode' is 0, but that candidate is not"),
                          HasSubstr("record 4: the id 4 stands in an earlier record")));
}

TEST(Youtube2TextQaRelease, EncodingsFollowTheRule) {
  VIDQA_REQUIRE_SHARED("data/data_zhqa/val_qa_encode.json");
  const auto release = vidqa::testing::shared_dir() / "data" / "data_zhqa";
  const vidqa::testing::TempDir folder;
  std::filesystem::copy(release / "vocab.txt", folder.path() / "vocab.txt");
  json records = json::parse(std::ifstream(release / "val_qa_encode.json"));
  for (const char* split : {"train", "val", "test"}) {
    vidqa::testing::write_file(folder.file(std::string(split) + "_qa_encode.json"), records.dump());
    for (json& item : records) {  // val and test without the encodings
      item.erase("question_encode");
      item.erase("candidate_encode");
    }
  }
  DatasetOptions options;
  options.root = folder.path().string();
  const data::QaCorpus corpus = load_dataset("youtube2text-qa", options);
  ASSERT_EQ(corpus.train.size(), 6481U);
  int64_t different = 0;
  for (size_t i = 0; i < corpus.train.size(); ++i)
    different += corpus.train[i].word_ids == corpus.val[i].word_ids ? 0 : 1;
  EXPECT_EQ(different, 0);
}

}  // namespace
}  // namespace vidqa::benchmarks
