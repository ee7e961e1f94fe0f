#include "pipeline/data/region_file.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/errors.h"
#include "tests/testing/feature_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using vidqa::testing::error_of;
using vidqa::testing::write_feature_file;

torch::Tensor rows(std::vector<float> values) { return torch::tensor(values).view({-1, 1}); }

class RegionFileTest : public ::testing::Test {
 protected:
  /// Frame t of clip "cat" has the detections 10 t and 10 t + 1.
  void write(int64_t frames) {
    std::map<std::string, torch::Tensor> sets;
    for (int64_t t = 1; t <= frames; ++t) {
      const auto value = static_cast<float>(10 * t);
      sets["cat/features/" + std::to_string(t)] = rows({value, value + 1});
      sets["cat/scores/" + std::to_string(t)] = torch::tensor({0.1F * static_cast<float>(t), 0.9F});
    }
    write_feature_file(path_, sets);
  }
  vidqa::testing::TempDir folder_;
  const std::string path_ = folder_.file("regions.h5");
};

TEST_F(RegionFileTest, BestDetectionsOfTheRangeComeFirstAndEqualScoresInOrder) {
  write(12);
  RegionFile file(path_);
  EXPECT_TRUE(file.contains("cat"));
  EXPECT_FALSE(file.contains("dog"));
  EXPECT_EQ(file.last_frame("cat"), 12) << "numbers, not names, are compared";
  // Frames max(3, 1) .. min(6, 12) - 1.
  EXPECT_TRUE(file.top("cat", Question::RowRange{3, 6}, 5).equal(rows({31, 41, 51, 50, 40})));
}

TEST_F(RegionFileTest, RangeStartsAtFrameOneAndEndsBeforeTheLast) {
  write(3);
  RegionFile file(path_);
  EXPECT_TRUE(file.top("cat", Question::RowRange{0, 99}, 4).equal(rows({11, 21, 20, 10})))
      << "the published range leaves the last frame out";
  EXPECT_TRUE(file.top("cat", std::nullopt, 4).equal(rows({11, 21, 31, 30})));
}

TEST_F(RegionFileTest, MissingDetectionsAreRowsOfZeros) {
  write(3);
  RegionFile file(path_);
  EXPECT_TRUE(file.top("cat", Question::RowRange{1, 2}, 4).equal(rows({11, 10, 0, 0})));
  EXPECT_EQ(file.top("cat", Question::RowRange{1, 2}, 50).size(0), 20) << "one frame has 20 places";
}

TEST_F(RegionFileTest, OfOneFrameTwentyCountAtMost) {
  write_feature_file(path_, {{"cat/features/1", torch::arange(30.0).view({30, 1})},
                             {"cat/scores/1", torch::arange(30.0)},
                             {"cat/features/2", rows({100})},
                             {"cat/scores/2", torch::tensor({9.5F})}});
  RegionFile file(path_);
  // Detections 10 to 29 of frame 1; those below are cut although they are better than zeros.
  const auto top = file.top("cat", std::nullopt, 40).view(-1);
  EXPECT_TRUE(top.narrow(0, 0, 21).equal(
      torch::cat({torch::arange(29.0, 9.0, -1.0), torch::tensor({100.0F})})));
  EXPECT_EQ(top.narrow(0, 21, 19).abs().max().item<float>(), 0);
}

TEST_F(RegionFileTest, RangeWithoutFramesGivesNothing) {
  write(3);
  RegionFile file(path_);
  EXPECT_EQ(file.top("cat", Question::RowRange{5, 9}, 4).size(0), 0);
  EXPECT_EQ(file.top("cat", Question::RowRange{2, 2}, 4).size(0), 0);
}

TEST_F(RegionFileTest, FaultsNameFileClipAndFrame) {
  write(2);
  EXPECT_THAT(error_of([&] { RegionFile(folder_.file("none.h5")); }), HasSubstr("none.h5"));
  write_feature_file(path_, {{"cat/features/1", rows({1})}, {"cat/scores/2", rows({1})}});
  EXPECT_THAT(error_of([&] { RegionFile(path_).top("cat", std::nullopt, 2); }),
              AllOf(HasSubstr(path_), HasSubstr("/cat/scores/1")));
  write_feature_file(path_,
                     {{"cat/features/1", rows({1, 2})}, {"cat/scores/1", torch::tensor({1.0F})}});
  EXPECT_THAT(error_of([&] { RegionFile(path_).top("cat", std::nullopt, 2); }),
              HasSubstr("frame 1 of clip 'cat' has 2 detections and 1 scores"));
  write_feature_file(path_, {{"cat/features/1", rows({std::numeric_limits<float>::infinity()})},
                             {"cat/scores/1", torch::tensor({1.0F})}});
  EXPECT_THAT(error_of([&] { RegionFile(path_).top("cat", std::nullopt, 2); }),
              AllOf(HasSubstr("/cat/features/1"), HasSubstr("NaN or Inf")));
}

}  // namespace
}  // namespace vidqa::data
