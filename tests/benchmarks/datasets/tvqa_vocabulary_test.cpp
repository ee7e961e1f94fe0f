#include "benchmarks/datasets/tvqa_vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "pipeline/data/word_vectors.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/pickles.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using vidqa::testing::error_of;
using vidqa::testing::write_pickled_index;
using vidqa::testing::write_pickled_names;

data::Vocabulary build(const std::vector<std::string>& texts, int64_t min_count) {
  std::vector<const std::string*> pointers;
  for (const std::string& text : texts) pointers.push_back(&text);
  return build_tvqa_vocabulary(pointers, min_count);
}

TEST(TvqaVocabulary, WordsStandInTheOrderOfTheirFirstOccurrence) {
  EXPECT_THAT(build({"b a , B", "<eos> a c , ,", "<unk> <unk>"}, 2).words(),
              ElementsAre("<pad>", "<unk>", "<eos>", "b", "a"));
}

TEST(TvqaVocabulary, EncodingEndsInEos) {
  const data::Vocabulary vocabulary = build({"a b"}, 1);
  EXPECT_THAT(encode_tvqa("B , x <eos> A", vocabulary), ElementsAre(4, 1, 2, 3, 2));
  EXPECT_THAT(encode_tvqa("", vocabulary), ElementsAre(2));
}

class TvqaVocabularyFile : public ::testing::Test {
 protected:
  vidqa::testing::TempDir folder_;
  const std::string word2idx_ = folder_.file("word2idx.pickle");
  const std::string idx2word_ = folder_.file("idx2word.pickle");
};

TEST_F(TvqaVocabularyFile, CachesOfThePublishedCodeAreRead) {
  write_pickled_index(word2idx_, {{"<eos>", 2}, {"who", 3}, {"<pad>", 0}, {"<unk>", 1}});
  write_pickled_names(idx2word_, {"<pad>", "<unk>", "<eos>", "who"});
  const data::Vocabulary vocabulary = read_tvqa_vocabulary(word2idx_, idx2word_);
  EXPECT_THAT(vocabulary.words(), ElementsAre("<pad>", "<unk>", "<eos>", "who"));
  EXPECT_EQ(vocabulary.id("never seen"), 1);
  EXPECT_EQ(read_tvqa_vocabulary(word2idx_, "").size(), 4);
}

TEST_F(TvqaVocabularyFile, CachesThatDoNotFitAreNamed) {
  write_pickled_index(word2idx_, {{"<pad>", 0}, {"<eos>", 1}, {"<unk>", 2}});
  EXPECT_THAT(error_of([&] { read_tvqa_vocabulary(word2idx_, ""); }),
              AllOf(HasSubstr(word2idx_), HasSubstr("id 1 must be the word <unk>")));
  write_pickled_index(word2idx_, {{"<pad>", 0}, {"<unk>", 1}, {"<eos>", 2}, {"a", 3}});
  write_pickled_names(idx2word_, {"<pad>", "<unk>", "<eos>", "b"});
  EXPECT_THAT(error_of([&] { read_tvqa_vocabulary(word2idx_, idx2word_); }),
              AllOf(HasSubstr(idx2word_), HasSubstr("id 3 is the word 'b', unlike in")));
  write_pickled_names(idx2word_, {"<pad>", "<unk>", "<eos>"});
  EXPECT_THAT(error_of([&] { read_tvqa_vocabulary(word2idx_, idx2word_); }),
              HasSubstr("id 3 is missing"));
  write_pickled_names(word2idx_, {"<pad>"});
  EXPECT_THAT(error_of([&] { read_tvqa_vocabulary(word2idx_, ""); }),
              HasSubstr("is not a pickled {word: id}"));
}

TEST(TvqaVocabularyGolden, WordsAndVectorsEqualThoseOfTheReleasedCode) {
  VIDQA_REQUIRE_SHARED("golden/tvqa/data/vocab.json");
  const auto golden = vidqa::testing::golden_json("tvqa/data/vocab.json");
  ASSERT_EQ(golden.at("cases").size(), 3U);
  const vidqa::testing::TempDir folder;
  for (const auto& item : golden.at("cases")) {
    std::vector<std::string> texts;
    for (const char* key : {"q", "a0", "a1", "a2", "a3", "a4", "located_sub_text"})
      for (const auto& record : item.at("train")) texts.push_back(record.at(key));
    const data::Vocabulary vocabulary =
        build(texts, item.at("word_count_threshold").get<int64_t>());
    std::map<std::string, int64_t> ids;
    for (int64_t id = 0; id < vocabulary.size(); ++id) ids[vocabulary.word(id)] = id;
    EXPECT_EQ(nlohmann::json(ids), item.at("word2idx"));

    std::string glove;
    for (const auto& [word, values] : item.at("glove").items()) {
      glove += word;
      for (const auto& value : values) glove += " " + value.get<std::string>();
      glove += "\n";
    }
    vidqa::testing::write_file(folder.file("glove.txt"), glove);
    const auto dim = item.at("dim").get<int64_t>();
    const torch::Tensor vectors =
        data::load_word_vectors(vocabulary, {folder.file("glove.txt"), dim}).vectors;
    for (const auto& [word, row] : item.at("glove_rows").items())
      EXPECT_TRUE(vectors[vocabulary.id(word)].equal(
          torch::tensor(row.get<std::vector<double>>()).to(torch::kFloat32)))
          << word;
  }
}

}  // namespace
}  // namespace vidqa::benchmarks
