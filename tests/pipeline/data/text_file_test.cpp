#include "pipeline/data/text_file.h"

#include <fstream>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/shared_data.h"

namespace vidqa::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class TextFile : public ::testing::Test {
 protected:
  std::string write(const std::string& content) {
    std::ofstream(path_, std::ios::binary) << content;
    return path_;
  }
  vidqa::testing::TempDir folder_;
  const std::string path_ = folder_.file("words.txt");
};

TEST_F(TextFile, LineEndsAreNoPartOfALine) {
  EXPECT_THAT(read_lines(write("one\r\ntwo words\nlast")), ElementsAre("one", "two words", "last"));
}

TEST_F(TextFile, EmptyLineIsNamed) {
  EXPECT_THAT([&] { read_lines(write("one\n\nthree\n")); },
              ThrowsMessage<c10::Error>(AllOf(HasSubstr(path_), HasSubstr("line 2 is empty"))));
}

TEST_F(TextFile, MissingFileFolderAndEmptyFileAreNamed) {
  EXPECT_THAT([&] { read_text(path_); },
              ThrowsMessage<c10::Error>(AllOf(HasSubstr(path_), HasSubstr("no such file"))));
  EXPECT_THAT([&] { read_text(folder_.path().string()); },
              ThrowsMessage<c10::Error>(HasSubstr("is a folder")));
  EXPECT_THAT([&] { read_text(write("")); },
              ThrowsMessage<c10::Error>(AllOf(HasSubstr(path_), HasSubstr("is empty"))));
}

}  // namespace
}  // namespace vidqa::data
