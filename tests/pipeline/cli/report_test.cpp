#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/benchmarks/html_report/run_folders.h"
#include "tests/pipeline/cli/program.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;
using benchmarks::answered_all;
using benchmarks::RunFiles;
using benchmarks::write_run;
using ::testing::HasSubstr;

class ReportCommand : public ::testing::Test {
 protected:
  std::string add(const std::string& name, const std::string& fusion, const std::string& digits) {
    RunFiles run;
    run.fusion = fusion;
    run.predictions = answered_all(digits);
    return write_run(folder_.file("runs/" + name), run);
  }
  std::string output() const { return folder_.file("report.html"); }
  /// Fails with one line that holds `text`, and leaves the page that is there.
  void expect_refused(const std::string& options, const std::string& text) {
    write_file(output(), "before");
    const ProgramResult result = run_vidqa("report " + options + " -o " + output());
    EXPECT_EQ(result.exit_code, 1);
    ASSERT_EQ(result.error_lines().size(), 1u) << result.err;
    EXPECT_THAT(result.error_lines()[0], HasSubstr(text));
    EXPECT_EQ(read_file(output()), "before");
  }
  TempDir folder_;
};

TEST_F(ReportCommand, WritesAPage) {
  add("a", "default", "110100");
  add("b", "mfb", "111101");
  const ProgramResult result =
      run_vidqa(fmt::format("report {} --title 'My runs' -o {}", folder_.file("runs"), output()));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("2 runs, 2 of them finished, 6 examples"));
  EXPECT_THAT(read_file(output()), HasSubstr("<title>My runs</title>"));
}

TEST_F(ReportCommand, CallsArmsAsTold) {
  const std::string a = add("a", "default", "110100");
  const std::string b = add("b", "mfb", "111101");
  const ProgramResult result =
      run_vidqa(fmt::format("report ours={} theirs={} --baseline theirs -o {}", b, a, output()));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read_file(output()), HasSubstr(R"("name":"ours")"));
}

TEST_F(ReportCommand, SaysWhatIsWrongAndKeepsTheOldPage) {
  const std::string runs = folder_.file("runs");
  add("a", "default", "110100");
  fs::create_directories(folder_.file("empty"));
  expect_refused(folder_.file("empty"), "holds no run");
  expect_refused(folder_.file("nowhere"), "no such folder");
  expect_refused(runs + " --baseline mcb", "'mcb'");
  expect_refused(runs + " --videos " + folder_.file("empty"), folder_.file("empty"));
  expect_refused(runs + " --split val", "predictions_val.jsonl");
  add("b", "mfb", "1111");
  expect_refused(runs, "'Q5', 'Q6'");
}

TEST_F(ReportCommand, ServesUntilItIsStopped) {
  add("a", "default", "110100");
  const std::string script = fmt::format(
      "'{0}' serve '{1}' --port 0 >'{2}' 2>/dev/null & pid=$!\n"
      "until grep -q http '{2}'; do kill -0 $pid || exit 9; sleep 0.05; done\n"
      "kill -TERM $pid\nwait $pid",
      VIDQA_PROGRAM, folder_.file("runs"), folder_.file("out"));
  EXPECT_EQ(std::system(script.c_str()), 0);
  EXPECT_THAT(read_file(folder_.file("out")), ::testing::MatchesRegex("http://127.0.0.1:[0-9]+\n"));
}

}  // namespace
}  // namespace vidqa::testing
