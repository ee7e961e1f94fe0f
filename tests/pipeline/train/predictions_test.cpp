#include "pipeline/train/predictions.h"

#include <fstream>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/errors.h"
#include "tests/testing/shared_data.h"

namespace vidqa::train {
namespace {

using testing::error_of;
using ::testing::HasSubstr;

Prediction example(const std::string& id) {
  Prediction p;
  p.question_id = id;
  p.video = "tumblr \"x\"\\y";
  p.type = "what";
  p.prediction = "caf\xc3\xa9\n";
  p.gold = "";
  p.correct = true;
  p.raw_score = 0.1;
  p.scores = {{"same", 1.0 / 3}, {"same", -1e-300}, {"", 5e20}};
  return p;
}

TEST(Predictions, ComeBackAsTheyWereWritten) {
  const testing::TempDir folder;
  const std::string path = folder.file("predictions.jsonl");
  std::vector<Prediction> written = {example("A"), example("B")};
  written[1].stream_scores = {{"sub", {0.25, -1, 3}}, {"imagenet", {1.0 / 7, 0, 0}}};
  written[0].question = "\"what\" is it?";
  write_predictions(path, written);
  const std::vector<Prediction> read = read_predictions(path);
  ASSERT_EQ(read.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read[i].question_id, written[i].question_id);
    EXPECT_EQ(read[i].video, written[i].video);
    EXPECT_EQ(read[i].type, written[i].type);
    EXPECT_EQ(read[i].question, written[i].question);
    EXPECT_EQ(read[i].prediction, written[i].prediction);
    EXPECT_EQ(read[i].gold, written[i].gold);
    EXPECT_EQ(read[i].correct, written[i].correct);
    EXPECT_EQ(read[i].raw_score, written[i].raw_score);
    EXPECT_EQ(read[i].scores, written[i].scores);
    EXPECT_EQ(read[i].stream_scores, written[i].stream_scores);
  }
}

TEST(Predictions, AreOneObjectALineInTheDocumentedOrder) {
  const testing::TempDir folder;
  Prediction p;
  p.question_id = "Q1";
  p.video = "v";
  p.type = "who";
  p.prediction = "man";
  p.gold = "dog";
  p.raw_score = 1.5;
  p.scores = {{"man", 1.5}};
  write_predictions(folder.file("p.jsonl"), {p});
  std::ifstream file(folder.file("p.jsonl"));
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(
      line,
      R"({"qid":"Q1","video":"v","type":"who","prediction":"man","gold":"dog","correct":false,)"
      R"("raw_score":1.5,"scores":[["man",1.5]]})");
}

TEST(Predictions, AMalformedLineIsNamedByFileAndNumber) {
  const testing::TempDir folder;
  const std::string path = folder.file("p.jsonl");
  write_predictions(path, {example("A"), example("B")});
  for (const char* bad : {"{\"qid\": \"C\"", "{\"qid\": \"C\"}", "", "[1]", "{\"qid\": 3}"}) {
    write_predictions(path, {example("A"), example("B")});
    std::ofstream(path, std::ios::app) << bad << "\n";
    EXPECT_THAT(error_of([&] { read_predictions(path); }), HasSubstr(path + ":3:")) << bad;
  }
}

TEST(Predictions, AScoreThatIsNoNumberIsSaid) {
  const testing::TempDir folder;
  const std::string path = folder.file("p.jsonl");
  write_predictions(path, {example("A")});
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  for (const char* bad : {"NaN", "null", "Infinity"}) {
    std::string text = line;
    text.replace(text.find("0.1"), 3, bad);
    std::ofstream(path) << line << "\n" << text << "\n";
    EXPECT_THAT(error_of([&] { read_predictions(path); }), HasSubstr(path + ":2: a score")) << bad;
  }
}

TEST(Predictions, AMissingFileIsNamed) {
  EXPECT_THAT(error_of([] { read_predictions("/nowhere/p.jsonl"); }),
              HasSubstr("/nowhere/p.jsonl"));
}

TEST(Predictions, TextThatIsNotUtf8NamesTheQuestionAndWritesNothing) {
  const testing::TempDir folder;
  Prediction p = example("LATIN1");
  p.gold = "caf\xe9";
  EXPECT_THAT(error_of([&] { write_predictions(folder.file("p.jsonl"), {p}); }),
              HasSubstr("'LATIN1'"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace vidqa::train
