#include "benchmarks/html_report/report_arms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/errors.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

ReportRun run_with(std::map<std::string, std::string> options, uint64_t seed = 1,
                   const std::string& name = "") {
  ReportRun run;
  run.given_name = name;
  run.folder = "folder" + std::to_string(seed);
  run.seed = seed;
  run.options = {{"dataset", "msvd-qa"},
                 {"model", "hme"},
                 {"fusion", "default"},
                 {"streams", "published"},
                 {"device", "cpu"}};
  for (const auto& [key, value] : options) run.options[key] = value;
  run.options["seed"] = std::to_string(seed);
  return run;
}

std::vector<std::string> names_of(const std::vector<ReportRun>& runs) {
  std::vector<std::string> names;
  for (const ReportArm& arm : arms_of(runs)) names.push_back(arm.name);
  return names;
}

TEST(Arms, AreRunsThatDifferInNothingButTheSeed) {
  const std::vector<ReportArm> arms =
      arms_of({run_with({{"fusion", "mfb"}}, 2), run_with({}, 1),
               run_with({{"fusion", "mfb"}, {"device", "cuda"}}, 1)});
  ASSERT_EQ(arms.size(), 2u);
  EXPECT_EQ(arms[0].name, "mfb");
  EXPECT_THAT(arms[0].runs, ElementsAre(2, 0));  // by seed
  EXPECT_THAT(arms[0].options, ElementsAre(Pair("fusion", "mfb")));
  EXPECT_EQ(arms[1].name, "default");
}

TEST(Arms, AreCalledByTheOptionsInWhichTheyDiffer) {
  EXPECT_THAT(names_of({run_with({{"fusion", "mfb"}, {"lr", "0.1"}}),
                        run_with({{"fusion", "mfb"}, {"lr", "0.01"}})}),
              ElementsAre("lr=0.1", "lr=0.01"));
  EXPECT_THAT(names_of({run_with({{"model", "tvqa"}, {"features", "/data/a/x.h5"}}),
                        run_with({{"fusion", "mcb"}})}),
              ElementsAre("tvqa default features=x.h5", "hme mcb features=none"));
  EXPECT_THAT(names_of({run_with({{"fusion", "mcb"}})}), ElementsAre("hme mcb"));
  EXPECT_THAT(names_of({run_with({}, 1, "A"), run_with({}, 1, "B")}), ElementsAre("A", "B"));
}

TEST(Arms, WithoutTheVideoComeFirstAndDoNotNameTheOthers) {
  const std::vector<ReportArm> arms =
      arms_of({run_with({{"fusion", "mfb"}}), run_with({}), run_with({{"streams", "none"}})});
  ASSERT_EQ(arms.size(), 3u);
  EXPECT_EQ(arms[0].name, "question-only");
  EXPECT_TRUE(arms[0].is_question_only);
  EXPECT_EQ(arms[1].name, "mfb");
  EXPECT_FALSE(arms[1].is_question_only);
}

TEST(Arms, OfDifferentDataSetsAreRefused) {
  EXPECT_THAT(
      error_of([] {
        arms_of({run_with({}, 1), run_with({{"dataset", "tvqa"}}, 2)});
      }),
      AllOf(HasSubstr("folder1"), HasSubstr("msvd-qa"), HasSubstr("folder2"), HasSubstr("tvqa")));
  EXPECT_THAT(error_of([] {
                arms_of({run_with({{"ego-split", "0"}}, 1), run_with({{"ego-split", "1"}}, 2)});
              }),
              HasSubstr("ego-split"));
}

TEST(Arms, TwiceTheSameRunIsRefused) {
  ReportRun other = run_with({}, 3);
  other.folder = "elsewhere";
  EXPECT_THAT(error_of([&] {
                arms_of({run_with({}, 3), other});
              }),
              AllOf(HasSubstr("folder3"), HasSubstr("elsewhere"), HasSubstr("seed 3")));
}

TEST(Arms, OneNameForDifferentOptionsIsRefused) {
  EXPECT_THAT(error_of([] {
                arms_of({run_with({}, 1, "A"), run_with({{"fusion", "mcb"}}, 2, "A")});
              }),
              AllOf(HasSubstr("'A'"), HasSubstr("folder1"), HasSubstr("folder2")));
}

TEST(Arms, OfNoRunsAreNone) { EXPECT_THAT(arms_of({}), IsEmpty()); }

}  // namespace
}  // namespace vidqa::benchmarks
