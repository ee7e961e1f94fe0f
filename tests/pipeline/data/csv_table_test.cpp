#include "pipeline/data/csv_table.h"

#include <fstream>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/shared_data.h"

namespace vidqa::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class CsvTableTest : public ::testing::Test {
 protected:
  CsvTable read(const std::string& content) {
    std::ofstream(path_, std::ios::binary) << content;
    return CsvTable(path_, {"name", "count"}, '\t');
  }
  auto throws(const std::string& message) {
    return ThrowsMessage<c10::Error>(AllOf(HasSubstr(path_), HasSubstr(message)));
  }
  vidqa::testing::TempDir folder_;
  const std::string path_ = folder_.file("table.csv");
};

TEST_F(CsvTableTest, ReadsLineFeedsAndCarriageReturnsAlike) {
  for (const char* content : {"name\tcount\r\na b\t3\r\n\t4\r\n", "name\tcount\na b\t3\n\t4"}) {
    const CsvTable table = read(content);
    ASSERT_EQ(table.rows(), 2);
    EXPECT_EQ(table.text(0, "name"), "a b");
    EXPECT_EQ(table.integer(0, "count", 0, 9), 3);
    EXPECT_EQ(table.text(1, "name"), "");
  }
}

TEST_F(CsvTableTest, QuotedFieldMayHoldTabsLineEndsAndQuotationMarks) {
  const CsvTable table =
      read("count\tname\r\n1\t\"respond \"\"no\"\"\"\r\n2\t\"a\tb\r\nc\"\r\n3\tlast\r\n");
  ASSERT_EQ(table.rows(), 3);
  EXPECT_EQ(table.text(0, "name"), "respond \"no\"");
  EXPECT_EQ(table.text(1, "name"), "a\tb\r\nc");
  EXPECT_THAT(table.where(2), HasSubstr("line 5"));
}

TEST_F(CsvTableTest, QuotationMarkInsideAFieldStandsForItself) {
  EXPECT_EQ(read("name\tcount\n5\" disk\t1\n").text(0, "name"), "5\" disk");
}

TEST_F(CsvTableTest, CommasSeparateWhereAskedFor) {
  std::ofstream(path_, std::ios::binary) << "name,count\r\n\"a, \"\"b\"\"\",3\r\nc\td,4\r\n";
  const CsvTable table(path_, {"name", "count"}, ',');
  ASSERT_EQ(table.rows(), 2);
  EXPECT_EQ(table.text(0, "name"), "a, \"b\"");
  EXPECT_EQ(table.text(1, "name"), "c\td");
  EXPECT_EQ(table.integer(1, "count", 0, 9), 4);
  std::ofstream(path_, std::ios::binary) << "name,count\na,3,4\n";
  EXPECT_THAT([&] { CsvTable(path_, {"name"}, ','); },
              ThrowsMessage<c10::Error>(HasSubstr("line 2: 3 fields where the header has 2")));
}

TEST_F(CsvTableTest, ByteOrderMarkIsNoPartOfTheHeader) {
  EXPECT_EQ(read("\xEF\xBB\xBFname\tcount\nx\t1\n").text(0, "name"), "x");
}

TEST_F(CsvTableTest, MissingColumnIsNamedWithThoseThatAreThere) {
  EXPECT_THAT([&] { read("name,count\nx,1\n"); },
              throws("column 'name' is missing; the header has name,count"));
}

TEST_F(CsvTableTest, RowOfAnotherLengthIsNamedByLine) {
  EXPECT_THAT([&] { read("name\tcount\nx\t1\ny\n"); },
              throws("line 3: 1 fields where the header has 2"));
  EXPECT_THAT([&] { read("name\tcount\nx\t1\t2\n"); }, throws("line 2: 3 fields"));
}

TEST_F(CsvTableTest, OpenQuotationIsNamedByTheLineWhereItBegins) {
  EXPECT_THAT([&] { read("name\tcount\nx\t1\n\"y\t1\nz\t1\n"); },
              throws("line 3: a quotation mark is never"));
}

TEST_F(CsvTableTest, TextAfterAQuotationIsNamed) {
  EXPECT_THAT([&] { read("name\tcount\n\"x\"y\t1\n"); }, throws("line 2: text stands between"));
}

TEST_F(CsvTableTest, TableWithoutRowsIsNamed) {
  EXPECT_THAT([&] { read("name\tcount\r\n"); }, throws("holds a header and no questions"));
}

TEST_F(CsvTableTest, WrongNumbersAreNamedByLineAndColumn) {
  const CsvTable table = read("name\tcount\nx\t12\ny\ttwo\nz\t3.5\n");
  EXPECT_THAT([&] { table.integer(0, "count", 0, 10); },
              throws("line 2: column 'count' must be a whole number from 0 to 10, got '12'"));
  EXPECT_THAT([&] { table.integer(1, "count", 0, 10); }, throws("line 3"));
  EXPECT_THAT([&] { table.integer(2, "count", 0, 10); }, throws("got '3.5'"));
}

}  // namespace
}  // namespace vidqa::data
