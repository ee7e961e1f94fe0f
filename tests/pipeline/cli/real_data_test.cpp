#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/pipeline/cli/program.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST(RealData, ExtractKeepsTheGoodVideosAndListsTheBad) {
  VIDQA_REQUIRE_SHARED("data/videos");
  const TempDir folder;
  const std::string output = folder.file("features.h5");
  const ProgramResult result = run_vidqa(fmt::format(
      "extract --videos {} --output {} --weights random:0 --fps 1 --resize squash --crop-size 64",
      (shared_dir() / "data/videos").string(), output));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(fs::exists(output));
  const std::string failures = read_file(output + ".failures.csv");
  EXPECT_THAT(failures, HasSubstr("corrupted.mp4"));
  EXPECT_THAT(failures, HasSubstr("truncated.mp4"));
  EXPECT_THAT(failures, ::testing::Not(HasSubstr("nasa_13013.mp4")));
  EXPECT_THAT(result.out, HasSubstr("10 clips done"));
  EXPECT_THAT(result.out, HasSubstr("2 failed"));
}

TEST(RealData, HmeLearnsTheTenQuestionsOfARealClip) {
  VIDQA_REQUIRE_SHARED("data/activitynet_clip");
  const TempDir folder;
  const std::string data = (shared_dir() / "data/activitynet_clip").string();
  ASSERT_EQ(run_vidqa(fmt::format("extract --videos {} --output {} --weights random:0 --sampler "
                                  "uniform:20",
                                  (shared_dir() / "data/videos/v_GGSY1Qvo990.mp4").string(),
                                  folder.file("f.h5")))
                .exit_code,
            0);
  const ProgramResult result =
      run_vidqa(fmt::format("train --dataset msvd-qa --data {} --features {} --model hme --hidden "
                            "64 --epochs 150 --seed 1 --output {}",
                            data, folder.file("f.h5"), folder.file("run")));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::ifstream predictions(folder.file("run") + "/predictions.jsonl");
  int right = 0;
  for (std::string line; std::getline(predictions, line);)
    right += nlohmann::json::parse(line).at("correct").get<bool>() ? 1 : 0;
  EXPECT_EQ(right, 10);
}

TEST(RealData, QuestionOnlyBeatsTheMajorityAnswerOfMsvdQa) {
  VIDQA_REQUIRE_SHARED("data/msvd_qa");
  const TempDir folder;
  const ProgramResult result =
      run_vidqa(fmt::format("train --dataset msvd-qa --data {} --streams none --hidden 128 "
                            "--epochs 1 --seed 1 --output {}",
                            (shared_dir() / "data/msvd_qa").string(), folder.file("run")));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* type : {"what", "who", "how", "when", "where"})
    EXPECT_THAT(result.out, HasSubstr(type));
  const nlohmann::json summary =
      nlohmann::json::parse(read_file(folder.file("run") + "/summary.json"));
  EXPECT_GT(summary.at("test").get<double>(), 0.141);
}

}  // namespace
}  // namespace vidqa::testing
