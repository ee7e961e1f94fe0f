#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/benchmarks/tiny_corpus.h"
#include "tests/pipeline/cli/program.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kCompare = "compare --bootstrap-samples 200 ";

/// One small data set for all tests here.
class Compare : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDir;
    benchmarks::write_tiny_corpus(folder_->path());
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static std::string file(const std::string& name) { return folder_->file(name); }
  /// Options of a short training on it.
  static std::string data(const std::string& epochs = "1") {
    return fmt::format(
        "--dataset msvd-qa --data {}/msvd_qa --features {}/features.h5 --hidden 8 --slots 3 "
        "--word-dim 6 --epochs {} --batch-size 16 ",
        folder_->path().string(), folder_->path().string(), epochs);
  }
  static nlohmann::json table(const std::string& output) {
    return nlohmann::json::parse(read_file(output + "/table.json"));
  }
  static TempDir* folder_;
};
TempDir* Compare::folder_ = nullptr;

std::vector<std::string> names_of(const nlohmann::json& table) {
  std::vector<std::string> names;
  for (const auto& row : table.at("rows")) names.push_back(row.at("name"));
  return names;
}

TEST_F(Compare, AGridMayBeOfAnyOptions) {
  const std::string output = file("grid");
  const ProgramResult result = run_vidqa(
      kCompare + data() +
      "--grid fusion=default,mlb:mm_dim=6,dropout=0 --grid lr=1e-3,1e-2 --seeds 1 --output " +
      output);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(names_of(table(output)),
              ElementsAre("chance", "most frequent", "question-only", "default learning-rate=1e-3",
                          "default learning-rate=1e-2", "mlb:mm_dim=6,dropout=0 learning-rate=1e-3",
                          "mlb:mm_dim=6,dropout=0 learning-rate=1e-2"));
  EXPECT_THAT(table(output).at("varied"), ElementsAre("fusion", "learning-rate"));
  EXPECT_EQ(table(output).at("rows").at(6).at("settings").at("learning-rate"), "1e-2");
  const std::string run = output + "/runs/mlb_mm_dim=6_dropout=0_learning-rate=1e-2/seed1";
  EXPECT_THAT(read_file(run + "/config.toml"),
              AllOf(HasSubstr("fusion=\"mlb:mm_dim=6,dropout=0\""), HasSubstr("learning-rate=")));
  EXPECT_THAT(result.out, HasSubstr("learning-rate"));
  EXPECT_THAT(result.out, HasSubstr("one seed"));
  EXPECT_THAT(read_file(output + "/table.tex"), HasSubstr("\\toprule"));

  // comparison.toml asks for the same comparison once more.
  const ProgramResult again = run_vidqa(fmt::format(
      "compare --recipe {0}/comparison.toml --output {0} --bootstrap-samples 200", output));
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("5 of 5 runs are done already"));
  EXPECT_EQ(again.out, result.out);
}

TEST_F(Compare, WhatIsNoGridIsSaidBeforeAnyTraining) {
  const auto error = [&](const std::string& grid) {
    const ProgramResult result = run_vidqa(kCompare + data() + grid + " --output " + file("none"));
    EXPECT_EQ(result.exit_code, 1) << grid;
    EXPECT_THAT(result.error_lines(), SizeIs(1)) << result.err;
    EXPECT_FALSE(fs::exists(file("none")));
    return result.err;
  };
  EXPECT_THAT(error("--grid hiden=8,9"), AllOf(HasSubstr("'hiden'"), HasSubstr("hidden, ")));
  EXPECT_THAT(error("--grid hidden=8,wide"), HasSubstr("hidden=wide"));
  EXPECT_THAT(error("--grid seed=1,2"), HasSubstr("--seeds"));
  EXPECT_THAT(error("--grid hidden=8 --grid hidden=9"), HasSubstr("two axes"));
  EXPECT_THAT(error("--fusions default --baseline mcb"),
              AllOf(HasSubstr("'mcb'"), HasSubstr("'default'")));
  EXPECT_EQ(run_vidqa(kCompare + data() + "--output " + file("none")).exit_code, 2) << "no grid";
}

TEST_F(Compare, ProcessesGiveTheSameRuns) {
  const std::string grid = "--fusions default,lmf:rank=2 --seeds 1 ";
  const ProgramResult here =
      run_vidqa(kCompare + data() + grid + "--threads 1 --output " + file("here"));
  ASSERT_EQ(here.exit_code, 0) << here.err;
  const ProgramResult jobs =
      run_vidqa(kCompare + data() + grid + "--threads 2 --jobs 2 --output " + file("jobs"));
  ASSERT_EQ(jobs.exit_code, 0) << jobs.err;
  EXPECT_THAT(jobs.err, AllOf(HasSubstr("run 3 of 3: question-only, seed 1"),
                              HasSubstr("lmf:rank=2, seed 1: done in")));
  for (const char* arm : {"default", "lmf_rank=2", "question-only"}) {
    const std::string predictions = fmt::format("/runs/{}/seed1/predictions.jsonl", arm);
    EXPECT_EQ(read_file(file("jobs") + predictions), read_file(file("here") + predictions)) << arm;
    EXPECT_THAT(read_file(file("jobs") + "/cells/" + arm + "_seed1.toml"),
                HasSubstr("threads=1\n"));
  }
}

TEST_F(Compare, AFailedProcessDoesNotStopTheOthersAndIsTriedAgainOnRequest) {
  const std::string output = file("failed");
  const std::string run = output + "/runs/default/seed1";
  fs::create_directories(run + "/predictions.jsonl");  // stands in the way of the file
  const std::string command =
      kCompare + data() + "--fusions default --seeds 1 --jobs 2 --output " + output;
  const ProgramResult first = run_vidqa(command);
  EXPECT_EQ(first.exit_code, 1);
  EXPECT_THAT(first.err, HasSubstr("default, seed 1: FAILED: "));
  EXPECT_THAT(first.out,
              AllOf(HasSubstr("FAILED and is not in the table"), HasSubstr("predictions.jsonl")));
  EXPECT_TRUE(fs::exists(output + "/runs/question-only/seed1/DONE"));

  fs::remove(run + "/predictions.jsonl");
  const ProgramResult second = run_vidqa(command);
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr("--retry-failed"));
  EXPECT_TRUE(fs::exists(run + "/FAILED"));
  EXPECT_THAT(run_vidqa(command + " --status").out, ::testing::ContainsRegex("default +1 +FAILED"));
  const ProgramResult third = run_vidqa(command + " --retry-failed");
  EXPECT_EQ(third.exit_code, 0) << third.err;
  EXPECT_TRUE(fs::exists(run + "/DONE"));
}

TEST_F(Compare, CtrlCStopsAndTheNextCallGivesWhatAnUninterruptedOneDoes) {
  const std::string grid = "--fusions default --seeds 1 ";
  for (const char* how : {"--threads 1 ", "--threads 2 --jobs 2 "}) {
    SCOPED_TRACE(how);
    const std::string output = file(std::string("stopped") + (how[10] == '1' ? "1" : "2"));
    const std::string run = output + "/runs/default/seed1";
    const ProgramResult stopped = interrupt_vidqa(
        kCompare + data("300") + grid + how + "--output " + output, run + "/metrics.csv");
    EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
    EXPECT_THAT(stopped.err, HasSubstr("the same command goes on"));
    EXPECT_FALSE(fs::exists(run + "/DONE"));
    EXPECT_FALSE(fs::exists(run + "/FAILED"));
    EXPECT_TRUE(fs::exists(run + "/metrics.csv"));
  }
  // Another number of epochs is another run, so it is the shorter one that is finished here.
  const std::string output = file("resumed");
  const std::string run = output + "/runs/default/seed1";
  const std::string command = kCompare + data("12") + grid + "--threads 1 --output ";
  interrupt_vidqa(command + output, run + "/metrics.csv");
  ASSERT_EQ(run_vidqa(command + output).exit_code, 0);
  ASSERT_EQ(run_vidqa(command + file("straight")).exit_code, 0);
  EXPECT_EQ(read_file(run + "/predictions.jsonl"),
            read_file(file("straight") + "/runs/default/seed1/predictions.jsonl"));
}

TEST_F(Compare, ATrainingStopsLikewise) {
  const std::string run = file("train");
  const ProgramResult stopped =
      interrupt_vidqa("train " + data("300") + "--output " + run, run + "/metrics.csv");
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  EXPECT_FALSE(fs::exists(run + "/DONE"));
}

TEST_F(Compare, StatusAndTableTrainNothing) {
  const std::string output = file("nothing");
  const std::string command =
      kCompare + data() + "--fusions default --seeds 1 --output " + output + " ";
  const ProgramResult status = run_vidqa(command + "--status");
  EXPECT_EQ(status.exit_code, 0) << status.err;
  EXPECT_THAT(status.out, AllOf(::testing::ContainsRegex("default +1 +new"),
                                ::testing::ContainsRegex("question-only +1 +new")));
  EXPECT_FALSE(fs::exists(output));
  const ProgramResult table = run_vidqa(command + "--table-only");
  EXPECT_EQ(table.exit_code, 1);
  EXPECT_THAT(table.out, HasSubstr("not done yet"));
  EXPECT_FALSE(fs::exists(output + "/runs"));
  ASSERT_EQ(run_vidqa(command).exit_code, 0);
  EXPECT_THAT(run_vidqa(command + "--status").out,
              ::testing::ContainsRegex("default +1 +done +1 "));
  EXPECT_EQ(run_vidqa(command + "--table-only").exit_code, 0);
}

TEST_F(Compare, ADryRunReadsTheDataWhereItIsThereAndTheTimeOfWhatIsDone) {
  const std::string output = file("dry");
  const std::string command =
      kCompare + data("2") + "--fusions default,lmf --seeds 1 --output " + output;
  const ProgramResult before = run_vidqa(command + " --dry-run");
  ASSERT_EQ(before.exit_code, 0) << before.err;
  EXPECT_THAT(before.out, AllOf(HasSubstr("msvd-qa: 3 runs"), HasSubstr("of the data in"),
                                Not(::testing::ContainsRegex("[0-9] .measured"))));
  EXPECT_FALSE(fs::exists(output));
  ASSERT_EQ(run_vidqa(command).exit_code, 0);
  EXPECT_THAT(run_vidqa(command + " --dry-run").out, ::testing::ContainsRegex("[0-9] .measured"));
}

TEST_F(Compare, ADryRunFindsWhatCannotBeBuilt) {
  const ProgramResult result =
      run_vidqa(kCompare + data() + "--fusions default,lmf:mm_dim=4 --output x --dry-run");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("lmf:mm_dim=4 cannot be built here: lmf: unknown key"),
                                HasSubstr("question-only")));
}

TEST_F(Compare, RunsOnDifferentQuestionsAreNotCompared) {
  const std::string output = file("mixed");
  ASSERT_EQ(
      run_vidqa(kCompare + data() + "--fusions default --seeds 1 --output " + output).exit_code, 0);
  const std::string run = output + "/runs/default/seed1";
  const auto error = [&](const std::string& arguments) {
    const ProgramResult result = run_vidqa("compare --baseline A " + arguments);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.error_lines(), SizeIs(1)) << result.err;
    return result.err;
  };
  EXPECT_THAT(error(fmt::format("--runs A={} B={}", run, output)),
              AllOf(HasSubstr(output), HasSubstr("not the folder of a training run")));
  // The validation split has other questions.
  EXPECT_THAT(error(fmt::format("--runs A={0} B={0}/predictions_val.jsonl", run)),
              AllOf(HasSubstr("same questions"), HasSubstr("24"), HasSubstr("40")));
  // So has a run on another data set, which its configuration tells.
  fs::copy(run, file("other"), fs::copy_options::recursive);
  std::string config = read_file(run + "/config.toml");
  const std::string name = "dataset=\"msvd-qa\"";
  ASSERT_THAT(config, HasSubstr(name));
  config.replace(config.find(name), name.size(), "dataset=\"msrvtt-qa\"");
  write_file(file("other") + "/config.toml", config);
  EXPECT_THAT(error(fmt::format("--runs A={} B={}", run, file("other"))),
              AllOf(HasSubstr("msvd-qa"), HasSubstr("msrvtt-qa"), HasSubstr("data set")));
  // A score that is no number.
  std::string predictions = read_file(run + "/predictions.jsonl");
  const size_t score = predictions.find("\"raw_score\":") + 12;
  predictions.replace(score, predictions.find(',', score) - score, "NaN");
  write_file(file("nan.jsonl"), predictions);
  EXPECT_THAT(error(fmt::format("--runs A={} B={}", run, file("nan.jsonl"))),
              AllOf(HasSubstr("nan.jsonl:1"), HasSubstr("NaN")));
}

}  // namespace
}  // namespace vidqa::testing
