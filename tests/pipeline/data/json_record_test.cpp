#include "pipeline/data/json_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::data {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using vidqa::testing::error_of;

class JsonFile : public ::testing::Test {
 protected:
  void write(const std::string& content) { vidqa::testing::write_file(path_, content); }
  std::vector<std::string> elements() {
    std::vector<std::string> result;
    for_each_json_element(path_, [&](const json& element, const std::string& where) {
      result.push_back(where.substr(path_.size()) + " " + element.dump());
    });
    return result;
  }
  std::vector<std::string> members() {
    std::vector<std::string> result;
    for_each_json_member(path_, [&](const std::string& key, const json& value) {
      result.push_back(key + "=" + value.dump());
    });
    return result;
  }
  vidqa::testing::TempDir folder_;
  const std::string path_ = folder_.file("records.json");
};

TEST_F(JsonFile, ElementsComeOneAfterTheOtherWithTheirNumbers) {
  write(R"([{"a": {"b": [1, {"c": 2}]}}, [], "x", [[3]], {}])");
  EXPECT_THAT(elements(), ElementsAre(": record 1 {\"a\":{\"b\":[1,{\"c\":2}]}}", ": record 2 []",
                                      ": record 3 \"x\"", ": record 4 [[3]]", ": record 5 {}"));
  write("[]");
  EXPECT_THAT(elements(), ElementsAre());
}

TEST_F(JsonFile, MembersComeOneAfterTheOtherWithTheirKeys) {
  write(R"({"x": [{"y": 1}], "z": 2, "u": {"v": {"w": []}}})");
  EXPECT_THAT(members(), ElementsAre("x=[{\"y\":1}]", "z=2", "u={\"v\":{\"w\":[]}}"));
}

TEST_F(JsonFile, AnotherKindOfFileIsNamed) {
  write("{\"a\": 1}");
  EXPECT_THAT(error_of([&] { elements(); }),
              HasSubstr(path_ + ": must hold one JSON array, got an object"));
  write("[1]");
  EXPECT_THAT(error_of([&] { members(); }),
              HasSubstr(path_ + ": must hold one JSON object, got an array"));
  write("17");
  EXPECT_THAT(error_of([&] { elements(); }), HasSubstr("got a single value"));
  EXPECT_THAT(error_of([&] { members(); }), HasSubstr("got a single value"));
}

TEST_F(JsonFile, CutAndEmptyAndMissingFilesAreNamed) {
  write("[1, 2");
  EXPECT_THAT(error_of([&] { elements(); }),
              AllOf(HasSubstr(path_), HasSubstr("is not valid JSON")));
  EXPECT_THAT(error_of([&] { read_json(path_); }),
              AllOf(HasSubstr(path_), HasSubstr("is not valid JSON")));
  write("");
  EXPECT_THAT(error_of([&] { elements(); }), HasSubstr(path_ + ": is empty"));
  EXPECT_THAT(error_of([&] { read_json(path_ + "x"); }), HasSubstr(path_ + "x: no such file"));
  EXPECT_THAT(error_of([&] { read_json(folder_.path().string()); }), HasSubstr("is a folder"));
}

TEST_F(JsonFile, LinesAreNumberedAndTheLastMayLackItsEnd) {
  write("{\"a\":1}\r\n[2]\n3");
  std::vector<std::string> lines;
  for_each_json_line(path_, [&](const std::string& line, const std::string& where) {
    lines.push_back(where.substr(path_.size()) + " " + parse_json(line, where).dump());
  });
  EXPECT_THAT(lines, ElementsAre(": line 1 {\"a\":1}", ": line 2 [2]", ": line 3 3"));
  write("1\n\n2");
  EXPECT_THAT(
      error_of([&] { for_each_json_line(path_, [](const std::string&, const std::string&) {}); }),
      HasSubstr(path_ + ": line 2 is empty"));
  EXPECT_THAT(error_of([&] { parse_json("{", "here: line 2"); }),
              HasSubstr("here: line 2: is not valid JSON"));
}

TEST(JsonRecordTest, FaultsNameThePlaceTheKeyAndTheValue) {
  const json object = json::parse(R"({"text": "t", "whole": 3, "real": 2.5, "list": [1]})");
  const JsonRecord record(object, "file: record 7");
  EXPECT_EQ(record.text("text"), "t");
  EXPECT_EQ(record.integer("whole"), 3);
  EXPECT_EQ(record.number("real"), 2.5);
  EXPECT_EQ(record.array("list").size(), 1U);
  EXPECT_FALSE(record.has("none"));
  EXPECT_THAT(error_of([&] { record.text("none"); }),
              HasSubstr("file: record 7: the key 'none' is missing"));
  EXPECT_THAT(error_of([&] { record.text("whole"); }),
              HasSubstr("file: record 7: 'whole' must be a string, got 3"));
  EXPECT_THAT(error_of([&] { record.integer("real"); }), HasSubstr("must be a whole number"));
  EXPECT_THAT(error_of([&] { record.number("text"); }), HasSubstr("must be a number, got \"t\""));
  EXPECT_THAT(error_of([&] { record.array("text"); }), HasSubstr("must be an array"));
  EXPECT_THAT(error_of([&] { record.object("list"); }), HasSubstr("must be an object"));
  EXPECT_THAT(error_of([&] { JsonRecord(object.at("list"), "file: record 8"); }),
              HasSubstr("file: record 8 must be an object, got array"));
}

TEST(JsonRecordTest, LongValuesAreCutInMessages) {
  const json object = {{"key", std::string(5000, 'x')}};
  EXPECT_LT(error_of([&] { JsonRecord(object, "here").integer("key"); }).size(), 200U);
}

}  // namespace
}  // namespace vidqa::data
