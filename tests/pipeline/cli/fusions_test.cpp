#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/pipeline/cli/program.h"

namespace vidqa::testing {
namespace {

using ::testing::HasSubstr;

TEST(Fusions, ListTheCostOfEveryOne) {
  const ProgramResult result = run_vidqa("fusions");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* name : {"concat", "linear_sum", "concat_mlp", "mcb", "mlb", "mfb", "mfh",
                           "mutan", "tucker", "block", "block_tucker", "lmf", "film", "gmu",
                           "heuristic_matching", "phm", "cross_attention", "vector", "sequence"})
    EXPECT_THAT(result.out, HasSubstr(name));
}

TEST(Fusions, GiveThePublishedParameterCounts) {
  const ProgramResult result = run_vidqa(
      "fusions --dx 300 --dy 300 --dz 750 --format json "
      "--fusions mfb:mm_dim=1600,mutan:mm_dim=1500,block_tucker:mm_dim=1500");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json json = nlohmann::json::parse(result.out);
  ASSERT_EQ(json.size(), 3U);
  EXPECT_EQ(json[0].at("parameters"), 3127150);  // spec/tvqa.md, table of section 3.3
  EXPECT_EQ(json[1].at("parameters"), 69573750);
  EXPECT_EQ(json[2].at("parameters"), 10467750);
}

TEST(Fusions, PrintMarkdownAndCsvToo) {
  const std::string markdown = run_vidqa("fusions --fusions mlb --format markdown").out;
  EXPECT_THAT(markdown, HasSubstr("| fusion |"));
  EXPECT_THAT(markdown, HasSubstr("| mlb |"));
  const std::string csv = run_vidqa("fusions --fusions mlb --format csv").out;
  EXPECT_THAT(csv, HasSubstr("fusion,per,parameters"));
  EXPECT_THAT(csv, HasSubstr("1610.04325"));  // paper of MLB
}

TEST(Fusions, RefuseWhatIsNotOne) {
  const ProgramResult unknown = run_vidqa("fusions --fusions mbf");
  EXPECT_EQ(unknown.exit_code, 1);
  ASSERT_EQ(unknown.error_lines().size(), 1U);
  EXPECT_THAT(unknown.error_lines()[0], HasSubstr("mfb"));
  EXPECT_EQ(run_vidqa("fusions --dx 0").exit_code, 2);
  EXPECT_EQ(run_vidqa("fusions --format yaml").exit_code, 2);
}

}  // namespace
}  // namespace vidqa::testing
