#include "pipeline/train/tfrecord.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pipeline/train/event_files.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TfRecord, TheCrcOfTheTestsIsTheStandardOne) {
  EXPECT_EQ(slow_crc32c("123456789"), 0xE3069283U);            // check value of CRC-32C
  EXPECT_EQ(slow_crc32c(std::string(32, '\0')), 0x8A9136AAU);  // RFC 3720, B.4
}

TEST(TfRecord, IsWhatTensorBoardsOwnWriterWrites) {
  // RecordWriter of TensorBoard, given an event with wall time 1.5, step 300, "train/loss" 0.25.
  const std::string record = from_hex(
      "2100000000000000017becf609000000000000f83f10ac022a130a110a0a747261696e2f6c6f7373150000803e"
      "6557981f");
  const std::string event = record.substr(12, record.size() - 16);
  EXPECT_EQ(to_tfrecord(event), record);
}

TEST(TfRecord, ReadsUpToTheFirstRecordThatIsNotSound) {
  const testing::TempDir folder;
  const std::string path = folder.file("records");
  const std::string first = to_tfrecord("first");
  const std::string whole = first + to_tfrecord("") + to_tfrecord(std::string(300, 'x'));
  testing::write_file(path, whole);
  EXPECT_THAT(read_tfrecords(path), ElementsAre("first", "", std::string(300, 'x')));

  for (size_t size = 0; size < whole.size(); ++size) {  // cut off anywhere
    testing::write_file(path, whole.substr(0, size));
    const size_t expected = size < first.size() ? 0 : size < first.size() + 16 ? 1 : 2;
    ASSERT_EQ(read_tfrecords(path).size(), expected) << size;
  }
  for (size_t at = 0; at < first.size(); ++at) {  // damaged anywhere
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    testing::write_file(path, damaged);
    ASSERT_TRUE(read_tfrecords(path).empty()) << at;
  }
}

TEST(TfRecord, AFileThatIsNotThereIsNamed) {
  EXPECT_THAT(testing::error_of([] { read_tfrecords("/nowhere/events"); }),
              HasSubstr("/nowhere/events"));
}

}  // namespace
}  // namespace vidqa::train
