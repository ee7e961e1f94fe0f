#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/pipeline/cli/program.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"
#include "tests/testing/tvqa_folder.h"

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class DataCommand : public ::testing::Test {
 protected:
  ProgramResult check(const std::string& options = "") {
    return run_vidqa(fmt::format("data check tvqa --data {} {}", tvqa_.path(), options));
  }
  TempDir folder_;
  const TvqaFolder tvqa_{folder_.path() / "tvqa"};
};

TEST_F(DataCommand, CheckPrintsATableAndOk) {
  const ProgramResult result = check();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("questions"), HasSubstr("imagenet: width"),
                                HasSubstr("warning: imagenet"), HasSubstr("\nOK\n")));
  EXPECT_THAT(check("--streams sub --full-length").out,
              AllOf(HasSubstr("OK"), Not(HasSubstr("imagenet"))));
}

TEST_F(DataCommand, CheckNamesWhatIsWrong) {
  tvqa_.edit_line("train", 2, "\"a3\": \"He is lost\", ", "");
  tvqa_.edit_line("val", 0, "\"answer_idx\": 4", "\"answer_idx\": -1");
  const ProgramResult result = check();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("wrong: " + tvqa_.file("tvqa_qa_release/tvqa_train.jsonl") +
                              ": line 3: the key 'a3' is missing\n"),
                    HasSubstr("tvqa_val.jsonl: line 1: 'answer_idx' must be 0 to 4, got -1"),
                    HasSubstr("2 faults"), Not(HasSubstr("OK"))));
  EXPECT_THAT(check("--max-faults 1").out, HasSubstr("2 faults, 1 of them shown"));
}

TEST_F(DataCommand, CheckOfAnUnknownDataSetListsTheKnownOnes) {
  const ProgramResult result = run_vidqa("data check tvq --data " + tvqa_.path());
  EXPECT_EQ(result.exit_code, 1);
  ASSERT_EQ(result.error_lines().size(), 1U);
  EXPECT_THAT(result.error_lines()[0], AllOf(HasSubstr("'tvq'"), HasSubstr("tgif-action")));
  EXPECT_EQ(run_vidqa("data").exit_code, 2);
  EXPECT_EQ(run_vidqa("data check tvqa").exit_code, 2);
}

TEST_F(DataCommand, PrepareWritesWhatCheckReads) {
  const std::string output = folder_.file("tvqa/cache");
  const ProgramResult result =
      run_vidqa(fmt::format("data prepare tvqa --data {} --output {}", tvqa_.path(), output));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("tvqa_train_processed.json: 5 questions"));
  const auto records = nlohmann::json::parse(read_file(output + "/tvqa_val_processed.json"));
  EXPECT_EQ(records[0].at("located_frame"), nlohmann::json({0, 9}));
  tvqa_.remove("tvqa_subtitles");
  EXPECT_THAT(check().out, AllOf(HasSubstr("OK"), HasSubstr("train is read from " + output)));
}

TEST_F(DataCommand, QuestionsOfTvqaTrainTheQuestionOnlyModel) {
  const ProgramResult result = run_vidqa(
      fmt::format("train --dataset tvqa --data {} --streams none --hidden 8 --epochs 1 --output {}",
                  tvqa_.path(), folder_.file("run")));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::exists(folder_.file("run") + "/DONE"));
}

TEST_F(DataCommand, HmeReadsTheRowsOfTvqaSpans) {
  const ProgramResult result = run_vidqa(
      fmt::format("train --dataset tvqa --data {} --hidden 8 --slots 3 --epochs 1 --hard-restrict "
                  "--video-shift as-hme-tvqa --output {}",
                  tvqa_.path(), folder_.file("run")));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::exists(folder_.file("run") + "/DONE"));
  EXPECT_THAT(result.err, HasSubstr("137296"));
}

}  // namespace
}  // namespace vidqa::testing
