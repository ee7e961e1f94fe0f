#include "pipeline/data/tokenizer.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/testing/shared_data.h"

namespace vidqa::data {
namespace {

using Words = std::vector<std::string>;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TgifWords, PunctuationKeepsTheBackslashOfTheReleasedVocabulary) {
  EXPECT_THAT(tgif_words("What does the man (left) do 3 times ? don't it's"),
              ElementsAre("what", "does", "the", "man", "\\(", "left", "\\)", "do", "3", "times",
                          "\\?", "do", "n't", "it", "'s"));
}

TEST(TgifWords, SuffixesAreSplitOffInLowerCaseOnly) {
  EXPECT_THAT(tgif_words("DON'T don't"), ElementsAre("don't", "do", "n't"));
}

TEST(TgifWords, SuffixesAreSplitOffInsideWords) {
  EXPECT_THAT(tgif_words("a'sb n'tn't"), ElementsAre("a", "'sb", "n't", "n't"));
}

TEST(TgifWords, EveryOtherByteSeparates) {
  EXPECT_THAT(tgif_words("caf\xC3\xA9-bar; 4.5%"), ElementsAre("caf", "bar", "4", "5"));
}

TEST(TgifWords, TextWithoutWordsGivesNone) { EXPECT_THAT(tgif_words(" ... "), IsEmpty()); }

TEST(MsvdWords, OnlyQuestionMarksAtTheEndAreDropped) {
  EXPECT_THAT(msvd_words("what is 'a?b' Doing???"), ElementsAre("what", "is", "'a?b'", "Doing"));
  EXPECT_THAT(msvd_words("??"), IsEmpty());
}

TEST(TvqaClean, PunctuationIsSplitOffAndBracketsVanish) {
  EXPECT_EQ(tvqa_clean("(Sheldon:)I don't know... it's 3.5 - \"fine\", isn't it?"),
            "Sheldon : I do n't know . it 's 3 . 5 fine , is n't it ?");
}

TEST(TvqaClean, CleanTextStaysAsItIs) {
  for (const char* text : {"he say 's Why are n't your . . ?", "'dunno they 'd", "what 's'up", ""})
    EXPECT_EQ(tvqa_clean(text), text);
}

TEST(TvqaClean, ThreeFullStopsInARowAreOne) {
  EXPECT_EQ(tvqa_clean("a...b....c.....d......"), "a . b . . c . . . d . .");
}

TEST(TvqaWords, AreLowerCaseWithoutCommas) {
  EXPECT_THAT(tvqa_words("Hey , you 're <eos> OK !"),
              ElementsAre("hey", "you", "'re", "<eos>", "ok", "!"));
  EXPECT_THAT(tvqa_words(" , "), IsEmpty());
}

TEST(Encode, TakesAtMostSoManyWords) {
  const Vocabulary vocabulary({"pad", "unknown", "a", "b"}, 1);
  EXPECT_THAT(encode({"b", "c", "a", "a"}, vocabulary, 3), ElementsAre(3, 1, 2));
}

TEST(Tokenizer, PlainWordsAreRunsOfLettersDigitsAndApostrophes) {
  EXPECT_EQ(plain_words("Is the no.3 athlete's  caf\xC3\xA9 -- open?"),
            (std::vector<std::string>{"is", "the", "no", "3", "athlete's", "caf\xC3\xA9", "open"}));
  EXPECT_TRUE(plain_words(" ?.! ").empty());
}

TEST(TokenizerGolden, TvqaTextsEqualThoseOfTheReleasedCode) {
  VIDQA_REQUIRE_SHARED("golden/tvqa/data/text_cleaning.json");
  const auto golden = vidqa::testing::golden_json("tvqa/data/text_cleaning.json");
  ASSERT_EQ(golden.at("cases").size(), 106U);
  for (const auto& item : golden.at("cases")) {
    const std::string clean = tvqa_clean(item.at("in"));
    EXPECT_EQ(clean, item.at("out").get<std::string>());
    EXPECT_EQ(tvqa_clean(clean), clean);
    Words words = tvqa_words(clean);
    words.emplace_back("<eos>");
    EXPECT_EQ(words, item.at("words").get<Words>()) << item.at("in");
  }
}

TEST(TokenizerGolden, TgifWordsEqualThoseOfTheReleasedCode) {
  for (const auto& file : vidqa::testing::golden_files("hme", "data_tgif_tokenize", ".json")) {
    const auto golden = nlohmann::json::parse(std::ifstream(file));
    for (const auto& item : golden.at("cases"))
      EXPECT_EQ(tgif_words(item.at("text")), item.at("tokens").get<Words>()) << item.at("text");
    ASSERT_FALSE(golden.at("cases").empty()) << file;
    return;
  }
  GTEST_SKIP() << "needs golden/hme/data_tgif_tokenize.json";
}

/// Words that are not listed get an id that no list uses.
Vocabulary golden_vocabulary(const nlohmann::json& pairs, int64_t unknown_id) {
  int64_t size = unknown_id + 1;
  for (const auto& pair : pairs) size = std::max(size, pair.at(1).get<int64_t>() + 1);
  Words words;
  for (int64_t i = 0; i < size; ++i) words.push_back("<unused " + std::to_string(i) + ">");
  for (const auto& pair : pairs) words.at(pair.at(1).get<size_t>()) = pair.at(0);
  return {words, unknown_id};
}

TEST(TokenizerGolden, MsvdIdsEqualTheReleasedOnes) {
  for (const auto& file : vidqa::testing::golden_files("hme", "data_msvd_encode", ".json")) {
    const auto golden = nlohmann::json::parse(std::ifstream(file));
    const Vocabulary vocabulary = golden_vocabulary(golden.at("vocab"), golden.at("unk"));
    for (const char* list : {"records", "synthetic"}) {
      for (const auto& record : golden.at(list)) {
        const Words words = msvd_words(record.at("question"));
        EXPECT_EQ(encode(words, vocabulary, 1000), record.at("ids").get<std::vector<int64_t>>())
            << record;
      }
      ASSERT_FALSE(golden.at(list).empty());
    }
    return;
  }
  GTEST_SKIP() << "needs golden/hme/data_msvd_encode.json";
}

}  // namespace
}  // namespace vidqa::data
