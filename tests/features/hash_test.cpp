#include "features/hash.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

// NIST FIPS 180-4 examples.
TEST(Sha256, EqualsThePublishedExamples) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const testing::TempDir folder;
  for (const size_t size : {size_t{0}, size_t{3}, size_t{1} << 20, (size_t{1} << 20) + 1}) {
    const std::string content(size, 'x');
    std::ofstream(folder.file("data"), std::ios::binary) << content;
    EXPECT_EQ(sha256_file(folder.file("data")), sha256(content)) << size;
  }
}

TEST(Sha256, NamesTheFileThatCannotBeRead) {
  try {
    sha256_file("/nowhere/video.mp4");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("/nowhere/video.mp4"));
  }
}

}  // namespace
}  // namespace vidqa::features
