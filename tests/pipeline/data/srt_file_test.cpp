#include "pipeline/data/srt_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "pipeline/data/tokenizer.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::data {
namespace {

using namespace std::string_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using vidqa::testing::error_of;

class SrtFile : public ::testing::Test {
 protected:
  Subtitles read(const std::string& content) {
    vidqa::testing::write_file(path_, content);
    return read_srt(path_);
  }
  vidqa::testing::TempDir folder_;
  const std::string path_ = folder_.file("clip.srt");
};

TEST_F(SrtFile, TextsAreJoinedAndUnnamedSpeakersMarked) {
  const Subtitles subtitles = read(
      "1\r\n00:00:01,250 --> 00:00:02,000\r\n(Ross:)Hi,\r\nyou two.\r\n\r\n"
      "2\n01:02,500 --> 00:01:03,000\nAnd\nyou.");
  EXPECT_THAT(subtitles.texts, ElementsAre("(Ross:)Hi, you two."));
  EXPECT_THAT(subtitles.start_seconds, ElementsAre(1.25)) << "a time has four fields";
}

TEST_F(SrtFile, HoursAreDroppedAndFieldsCarryOver) {
  const Subtitles subtitles = read(
      "02:03:04,005 --> 1:1:1,1\na\n\n0:75:10,0 --> 0:0:0,0\nb\n\n"
      "0:0:1,1500 --> 0:0:0,0 X1:2\nc\n\n-1:00:00,-5 --> 0:0:0,0\nd\n\n"
      "0:99999999999999999999:0,0 --> 0:0:0,0\ne\n\n --> \nf\n\n0:1_0: 7 ,x --> 0:0:0,0\ng");
  EXPECT_THAT(subtitles.texts, ::testing::SizeIs(7));
  EXPECT_THAT(subtitles.start_seconds,
              ElementsAre(3 * 60 + 4.005, 910, 2.5, 59 * 60 + 59 + 0.001 * 995, 39 * 60, 0, 607));
}

TEST_F(SrtFile, LinesWithoutATimeAreNoEntries) {
  EXPECT_THAT(read("WEBVTT\n\nNOTE nothing\nat all\n\n1\n00:00:01 --> 00:00:02\nshort\n\n"
                   "00:00:01,0 --> 00:00:02,0 --> 00:00:03,0\ntwo\n")
                  .texts,
              IsEmpty());
  EXPECT_THAT(read("").texts, IsEmpty());
  EXPECT_THAT(read("0:0:1,0 --> 0:0:2,0\nonly").texts, ElementsAre("(<UNKNAME>:)only"));
}

TEST_F(SrtFile, EntryWithoutTextIsNamed) {
  EXPECT_THAT(error_of([&] { read("0:0:1,0 --> 0:0:2,0\na\n\n2\n0:0:3,5 --> 0:0:4,0\n\ntext"); }),
              AllOf(HasSubstr(path_), HasSubstr("entry 2 (at 3.005 s) has no text")));
}

TEST_F(SrtFile, OtherEncodingsAreTriedWhereLatin1FindsNothing) {
  std::string utf16 = "\xFF\xFE";
  for (const char c : "0:0:1,0 --> 0:0:2,0\n\xE9"s) utf16 += std::string{c, '\0'};
  EXPECT_THAT(read(utf16).texts, ElementsAre("(<UNKNAME>:)\xC3\xA9"));
  EXPECT_THAT(error_of([&] { read("\xFF\xFEz"); }),
              AllOf(HasSubstr(path_), HasSubstr("check its encoding")));
}

TEST_F(SrtFile, MissingFileIsNamed) {
  EXPECT_THAT(error_of([&] { read_srt(path_); }), HasSubstr(path_ + ": no such file"));
}

TEST(SrtFileGolden, EntriesEqualThoseOfPysrt) {
  VIDQA_REQUIRE_SHARED("golden/tvqa/data/srt.json");
  const nlohmann::json files = vidqa::testing::golden_json("tvqa/data/srt.json").at("files");
  ASSERT_EQ(files.size(), 22U);
  for (const auto& [name, expected] : files.items()) {
    SCOPED_TRACE(name);
    const std::string path =
        (vidqa::testing::shared_dir() / "golden/tvqa/data/srt" / (name + ".srt")).string();
    if (expected.contains("raises")) {
      EXPECT_THAT(error_of([&, file = path] { read_srt(file); }),
                  AllOf(HasSubstr(path), HasSubstr("has no text")));
      continue;
    }
    const Subtitles subtitles = read_srt(path);
    EXPECT_EQ(nlohmann::json(subtitles.texts), expected.at("sub_text"));
    EXPECT_EQ(nlohmann::json(subtitles.start_seconds), expected.at("sub_time"));
    std::vector<std::string> clean;
    for (const std::string& text : subtitles.texts) clean.push_back(tvqa_clean(text));
    EXPECT_EQ(nlohmann::json(clean), expected.at("clean"));
  }
}

}  // namespace
}  // namespace vidqa::data
