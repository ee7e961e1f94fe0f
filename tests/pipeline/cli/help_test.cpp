#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/pipeline/cli/program.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {
namespace {

using ::testing::HasSubstr;

TEST(Help, NamesEveryCommand) {
  const ProgramResult result = run_vidqa("--help");
  EXPECT_EQ(result.exit_code, 0);
  for (const char* command :
       {"synth", "extract", "merge", "verify", "similarity", "train", "evaluate", "compare",
        "analyse", "data", "fusions", "import", "doctor", "frames", "report", "serve", "ask"}) {
    EXPECT_THAT(result.out, HasSubstr(command));
    const ProgramResult help = run_vidqa(std::string(command) + " --help");
    EXPECT_EQ(help.exit_code, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("--")) << command;
  }
}

TEST(Help, ListsFusionsWithTheirPapers) {
  const std::string help = run_vidqa("train --help").out;
  for (const char* name : {"concat_mlp", "mcb", "mlb", "mfb", "arXiv"})
    EXPECT_THAT(help, HasSubstr(name));
}

TEST(Help, NamesModelsAndFusionPlaces) {
  const std::string help = run_vidqa("train --help").out;
  for (const char* name : {"hme", "lstm_enc_dec", "st_vqa", "co_memory", "video_only",
                           "--fusion-place", "modality-attention", "video-question"})
    EXPECT_THAT(help, HasSubstr(name));
}

TEST(WrongUsage, ExitsWithTwo) {
  EXPECT_EQ(run_vidqa("").exit_code, 2);
  EXPECT_EQ(run_vidqa("frobnicate").exit_code, 2);
  EXPECT_EQ(run_vidqa("train --no-such-option 1").exit_code, 2);
  EXPECT_EQ(run_vidqa("extract --videos x").exit_code, 2) << "required options are missing";
  EXPECT_EQ(run_vidqa("evaluate --run x --split trian").exit_code, 2);
}

TEST(Config, UnknownKeysAreErrors) {
  const TempDir folder;
  write_file(folder.file("good.toml"), "[doctor]\nthreads=1\n");
  EXPECT_EQ(run_vidqa("doctor --config " + folder.file("good.toml")).exit_code, 0);
  write_file(folder.file("bad.toml"), "[doctor]\nthreds=1\n");
  const ProgramResult result = run_vidqa("doctor --config " + folder.file("bad.toml"));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("threds"));
}

TEST(Doctor, MeasuresTheBlas) {
  const ProgramResult result = run_vidqa("doctor --threads 1");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* text : {"LibTorch", "FFmpeg", "BLAS", "GFLOP/s", "threads"})
    EXPECT_THAT(result.out, HasSubstr(text));
}

TEST(Doctor, WarnsOfAVariableThatSlowsTheBlas) {
  const ProgramResult result = run_vidqa("doctor", "OPENBLAS_CORETYPE=Haswell");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("OPENBLAS_CORETYPE=Haswell"));
}

TEST(Doctor, PrintsJson) {
  const nlohmann::json facts = nlohmann::json::parse(run_vidqa("doctor --json --threads 1").out);
  EXPECT_EQ(facts.at("threads"), 1);
  EXPECT_TRUE(facts.contains("blas"));
}

}  // namespace
}  // namespace vidqa::testing
