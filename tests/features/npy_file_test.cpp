#include "features/npy_file.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/pickles.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using vidqa::testing::error_of;
using vidqa::testing::write_file;

class NpyFile : public ::testing::Test {
 protected:
  /// A file of format `version` with this header and these values.
  void write(char version, std::string header, const std::string& raw) {
    header += "\n";
    std::string content = "\x93NUMPY";
    content += version;
    content += '\0';
    content += static_cast<char>(header.size());
    content += std::string(version == 1 ? 1 : 3, '\0');
    write_file(path_, content + header + raw);
  }
  vidqa::testing::TempDir folder_;
  const std::string path_ = folder_.file("array.npy");
};

TEST_F(NpyFile, ArraysOfAnyRankAreRead) {
  for (const torch::Tensor& values :
       {torch::rand({3, 4}, torch::kFloat64), torch::rand({5}, torch::kFloat64),
        torch::rand({2, 1, 3}, torch::kFloat64), torch::zeros({0, 7}, torch::kFloat64)}) {
    vidqa::testing::write_npy(path_, values);
    EXPECT_TRUE(read_npy(path_).equal(values));
  }
}

TEST_F(NpyFile, TypeOrderAndVersionAreThoseOfTheHeader) {
  write(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", "\1\2\3\4\5\6");
  EXPECT_TRUE(read_npy(path_).equal(torch::tensor({1, 3, 5, 2, 4, 6}, torch::kUInt8).view({2, 3})));
  write(2, "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", std::string("\1\0\2\1", 4));
  EXPECT_TRUE(read_npy(path_).equal(torch::tensor({1, 258}, torch::kInt16)));
}

TEST_F(NpyFile, WhatCannotBeReadNamesTheFile) {
  EXPECT_THAT(error_of([&] { read_npy(path_); }), HasSubstr(path_ + ": no such file"));
  write_file(path_, "glove 1 2 3 4 5");
  EXPECT_THAT(error_of([&] { read_npy(path_); }), AllOf(HasSubstr(path_), HasSubstr("mark")));
  write(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", "1234");
  EXPECT_THAT(error_of([&] { read_npy(path_); }), AllOf(HasSubstr(path_), HasSubstr("4 bytes")));
  write(1, "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "1234");
  EXPECT_THAT(error_of([&] { read_npy(path_); }), HasSubstr("big-endian"));
  write(1, "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "1234");
  EXPECT_THAT(error_of([&] { read_npy(path_); }), HasSubstr("type 'O' is not supported"));
  write(1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "1234");
  EXPECT_THAT(error_of([&] { read_npy(path_); }), HasSubstr("structured"));
  write_file(path_, std::string("\x93NUMPY\1\0\xFF\0{'descr'", 18));
  EXPECT_THAT(error_of([&] { read_npy(path_); }), HasSubstr("cut off"));
}

}  // namespace
}  // namespace vidqa::features
