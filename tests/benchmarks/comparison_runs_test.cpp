#include "benchmarks/comparison_runs.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/benchmarks/tiny_comparison.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using testing::error_of;

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(ComparisonArms, AnArmMayBeTheBaseline) {
  const testing::TempDir folder;
  ComparisonOptions options = shortest_comparison(folder.path());
  options.arms = fusion_arms(options.arms[0].options, {"linear_sum:mm_dim=4", "default"});
  options.baseline = "default";
  const Comparison comparison = train_and_compare(options, {});
  EXPECT_FALSE(comparison.rows[3].is_baseline);
  EXPECT_TRUE(comparison.rows[4].is_baseline);
  EXPECT_TRUE(comparison.rows[3].difference.has_value());
}

TEST(ComparisonArms, AnyOptionMayDifferAndStandsInTheTable) {
  const testing::TempDir folder;
  ComparisonOptions options = shortest_comparison(folder.path());
  options.varied = {"max-frames"};
  options.arms.push_back(options.arms[0]);
  options.arms[0].name = "max-frames=2";
  options.arms[0].varied = {"2"};
  options.arms[0].options.max_frames = 2;
  options.arms[1].name = "max-frames=3";
  options.arms[1].varied = {"3"};
  options.arms[1].options.max_frames = 3;
  const Comparison comparison = train_and_compare(options, {});
  EXPECT_THAT(comparison.failures, SizeIs(0));
  EXPECT_THAT(comparison.varied, ElementsAre("max-frames"));
  EXPECT_THAT(comparison.rows[3].settings, ElementsAre("2"));
  EXPECT_THAT(comparison.rows[4].settings, ElementsAre("3"));
  EXPECT_GT(comparison.rows[3].multiply_adds, 0);
  EXPECT_GT(comparison.rows[4].multiply_adds, comparison.rows[3].multiply_adds) << "a longer clip";
  EXPECT_GT(comparison.rows[3].multiply_adds, comparison.rows[2].multiply_adds) << "question-only";
}

TEST(ComparisonArms, ArmsOnOtherQuestionsAreRefusedBeforeAnyTraining) {
  const testing::TempDir folder;
  ComparisonOptions options = shortest_comparison(folder.path());
  fs::create_directories(folder.path() / "other");
  options.arms.push_back(options.arms[0]);
  options.arms[1].name = "other";
  options.arms[1].options.data.root = write_tiny_corpus(folder.path() / "other").data.root;
  const fs::path root = options.arms[1].options.data.root;
  fs::copy_file(root / "val_qa.json", root / "test_qa.json", fs::copy_options::overwrite_existing);
  EXPECT_THAT(error_of([&] { train_and_compare(options, no_training()); }),
              AllOf(HasSubstr("'other' is scored on 24 questions"), HasSubstr("'default' on 40")));
}

TEST(ComparisonArms, WhereTestAnswersAreNotPublicTheValidationSplitIsCompared) {
  const testing::TempDir folder;
  const ComparisonOptions options = shortest_comparison(folder.path());
  const std::string test = (fs::path(options.arms[0].options.data.root) / "test_qa.json").string();
  std::string text = testing::read_file(test);
  for (const char* colour : {"red", "green", "blue", "gray"})
    for (size_t at; (at = text.find(colour)) != std::string::npos;)
      text.replace(at, std::string(colour).size(), "?");
  testing::write_file(test, text);
  const Comparison comparison = train_and_compare(options, {});
  EXPECT_THAT(comparison.failures, SizeIs(0));
  EXPECT_EQ(comparison.split, "val");
  EXPECT_EQ(comparison.num_questions, 24);
  EXPECT_DOUBLE_EQ(comparison.rows[0].mean, 0.25);
  EXPECT_THAT(comparison.rows[3].values, SizeIs(1));
  EXPECT_THAT(comparison.notes, ::testing::Contains(HasSubstr("validation split")));
}

TEST(ComparisonArms, RunsThatAreNotThereAreSaidAndLeaveARowWithoutFigures) {
  const testing::TempDir folder;
  const ComparisonOptions options = shortest_comparison(folder.path());
  ExperimentData data;
  const Comparison comparison = compare_done(options, plan_runs(options), data);
  ASSERT_THAT(comparison.failures, SizeIs(2));
  EXPECT_EQ(comparison.failures[0].reason, "not done yet");
  EXPECT_THAT(comparison.rows, SizeIs(4));
  EXPECT_FALSE(fs::exists(folder.path() / "out")) << "nothing is made";
}

}  // namespace
}  // namespace vidqa::benchmarks
