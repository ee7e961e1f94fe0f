#include "benchmarks/datasets/tgif_vocabulary.h"

#include <fstream>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/pickles.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using vidqa::testing::write_pickled_index;

class TgifVocabulary : public ::testing::Test {
 protected:
  void expect_refused(const std::string& message) {
    EXPECT_THAT([&] { read_tgif_vocabulary(path_); },
                ThrowsMessage<c10::Error>(AllOf(HasSubstr(path_), HasSubstr(message))));
  }
  vidqa::testing::TempDir folder_;
  const std::string path_ = folder_.file("words.pkl");
};

TEST_F(TgifVocabulary, PickledIdsAreKept) {
  write_pickled_index(path_, {{"\\?", 2}, {"UNK", 1}, {"#START#", 0}});
  EXPECT_THAT(read_tgif_vocabulary(path_).words(), ElementsAre("#START#", "UNK", "\\?"));
  EXPECT_EQ(read_tgif_vocabulary(path_).unknown_id(), 1);
}

TEST_F(TgifVocabulary, IdsThatAreMissingOrRepeatedAreNamed) {
  write_pickled_index(path_, {{"a", 0}, {"UNK", 2}});
  expect_refused("'UNK' has id 2, but ids must run from 0 to 2 - 1");
  write_pickled_index(path_, {{"a", 0}, {"UNK", 0}});
  expect_refused("'UNK' has id 0");
}

TEST_F(TgifVocabulary, VocabularyWithoutUnknownWordIsRefused) {
  write_pickled_index(path_, {{"a", 0}});
  expect_refused("needs the word UNK");
}

TEST_F(TgifVocabulary, PickleThatWantsToRunSomethingIsRefused) {
  std::ofstream(path_, std::ios::binary) << "cos\nsystem\n(S'true'\ntR.";
  expect_refused("os.system");
}

TEST_F(TgifVocabulary, FileThatIsNoPickledDictIsRefused) {
  std::ofstream(path_, std::ios::binary) << "(lp0\n.";
  expect_refused("is not a pickled {word: id}");
  std::ofstream(path_, std::ios::binary) << "what is this";
  expect_refused("is not a pickled {word: id}");
}

TEST_F(TgifVocabulary, BuiltVocabularyHoldsEveryWordOfItsColumnsInByteOrder) {
  std::ofstream(path_) << "question\tanswer\tvid_id\nIs b (a) ?\tz\tx1\nA b!\ty\tx2\n";
  const data::CsvTable table(path_, {}, '\t');
  EXPECT_THAT(build_tgif_vocabulary(table, {"question"}, false).words(),
              ElementsAre("#START#", "UNK", "!", "\\(", "\\)", "\\?", "a", "b", "is"));
  EXPECT_THAT(build_tgif_vocabulary(table, {"answer"}, true).words(),
              ElementsAre("#START#", "UNK", "<EOS>", "y", "z"));
  EXPECT_THAT(build_tgif_answers(table), ElementsAre("y", "z"));
}

TEST_F(TgifVocabulary, ReleasedPicklesHaveThePublishedSizes) {
  VIDQA_REQUIRE_SHARED("data/tgif_qa/Vocabulary");
  const auto folder = (vidqa::testing::shared_dir() / "data" / "tgif_qa" / "Vocabulary").string();
  const auto words = [&](const std::string& task) {
    return read_tgif_vocabulary(folder + "/word_to_index_" + task + ".pkl");
  };
  EXPECT_EQ(words("Action").size(), 2550);
  EXPECT_EQ(words("Action").id("<EOS>"), 1360);
  EXPECT_EQ(words("Trans").size(), 4201);
  EXPECT_EQ(words("Trans").id("\\?"), 1888);
  EXPECT_EQ(words("Count").size(), 2423);
  EXPECT_EQ(words("Count").word(0), "#START#");
  EXPECT_EQ(words("FrameQA").size(), 7546);
  EXPECT_EQ(words("FrameQA").unknown_id(), 1);
  EXPECT_EQ(read_tgif_answers(folder + "/ans_to_index_FrameQA.pkl").size(), 1746U);
}

}  // namespace
}  // namespace vidqa::benchmarks
