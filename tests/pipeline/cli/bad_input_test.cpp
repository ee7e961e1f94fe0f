#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pipeline/cli/program.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// Exit code 1 and one error line that holds every one of `texts`.
void expect_one_error(const ProgramResult& result, const std::vector<std::string>& texts) {
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const std::vector<std::string> errors = result.error_lines();
  ASSERT_EQ(errors.size(), 1U) << result.err;
  for (const std::string& text : texts) EXPECT_THAT(errors[0], HasSubstr(text));
}

/// A folder in MSVD-QA format with two questions a split about clips `a` and `b`.
void write_msvd(const fs::path& folder) {
  fs::create_directories(folder);
  const std::string records =
      R"([{"answer":"man","id":%0,"question":"who runs?","video_id":1},{"answer":"dog","id":%1,"question":"what runs?","video_id":2}])";
  int id = 0;
  for (const char* split : {"train", "val", "test"}) {
    std::string text = records;
    text.replace(text.find("%0"), 2, std::to_string(id++));
    text.replace(text.find("%1"), 2, std::to_string(id++));
    write_file((folder / (std::string(split) + "_qa.json")).string(), text);
  }
  write_file((folder / "vocab.txt").string(), "who\nwhat\nruns\n<UNK>\n");
  write_file((folder / "answer_set.txt").string(), "man\ndog\n");
  write_file((folder / "youtube_mapping.txt").string(), "a vid1\nb vid2");
}

class BadInput : public ::testing::Test {
 protected:
  void SetUp() override { write_msvd(folder_.path() / "qa"); }
  std::string qa(const std::string& name) const { return (folder_.path() / "qa" / name).string(); }
  std::string file(const std::string& name) const { return folder_.file(name); }
  ProgramResult train(const std::string& options, const std::string& prefix = "") const {
    return run_vidqa(
        fmt::format("train --dataset msvd-qa --data {} --hidden 8 --epochs 1 --output {} {}",
                    qa(""), file("run"), options),
        prefix);
  }
  TempDir folder_;
};

TEST_F(BadInput, TheGoodFolderTrains) { EXPECT_EQ(train("--streams none").exit_code, 0); }

TEST_F(BadInput, AnnotationFaultsNameTheFile) {
  struct Fault {
    const char* file;
    std::string content;
    std::vector<std::string> expected;
  };
  const std::vector<Fault> faults = {
      {"train_qa.json", "", {"train_qa.json"}},
      {"train_qa.json", "[]", {"train_qa.json"}},
      {"val_qa.json", "[]", {"val_qa.json"}},
      {"train_qa.json", "{not json", {"train_qa.json"}},
      {"train_qa.json",
       R"([{"answer":"man","id":0,"question":"who runs?"}])",
       {"train_qa.json", "video_id"}},
      {"train_qa.json",
       R"([{"answer":"man","id":0,"question":"who runs?","video_id":"one"}])",
       {"train_qa.json", "video_id"}},
      {"answer_set.txt", "", {"answer_set.txt"}},
      {"vocab.txt", "", {"vocab.txt"}},
  };
  for (const Fault& fault : faults) {
    write_msvd(folder_.path() / "qa");
    write_file(qa(fault.file), fault.content);
    SCOPED_TRACE(fault.file + (": " + fault.content));
    expect_one_error(train("--streams none"), fault.expected);
  }
  write_msvd(folder_.path() / "qa");
  fs::remove(qa("test_qa.json"));
  expect_one_error(train("--streams none"), {"test_qa.json"});
}

TEST_F(BadInput, UnknownNamesListTheAcceptedOnes) {
  expect_one_error(train("--streams none --model transformer"), {"transformer", "hme"});
  expect_one_error(
      run_vidqa(fmt::format("train --dataset msvd --data {} --streams none --output {}", qa(""),
                            file("run"))),
      {"msvd", "msvd-qa", "tgif-action"});
  expect_one_error(run_vidqa(fmt::format(
                       "extract --videos {} --output {} --backbone resnet19 --weights random:1",
                       file("qa"), file("f.h5"))),
                   {"resnet19", "resnet18"});
  expect_one_error(
      run_vidqa(fmt::format(
          "compare --dataset msvd-qa --data {} --features {} --fusions default,mbf --output {}",
          qa(""), file("none.h5"), file("c"))),
      {});
}

TEST_F(BadInput, FeatureFaultsNameFileAndClip) {
  expect_one_error(train("--features " + file("missing.h5")), {"missing.h5"});
  write_file(file("text.h5"), "this is no HDF5");
  expect_one_error(train("--features " + file("text.h5")), {"text.h5"});
  expect_one_error(train(""), {"--features"});
}

TEST_F(BadInput, VideosThatAreNone) {
  write_file(file("text.mp4"), "this is no video");
  write_file(file("empty.mp4"), "");
  const ProgramResult result = run_vidqa(fmt::format(
      "extract --videos {} {} {} --output {} --weights random:1 --crop-size 32 --resize squash",
      file("text.mp4"), file("empty.mp4"), file("missing.mp4"), file("f.h5")));
  EXPECT_EQ(result.exit_code, 1);
  for (const char* name : {"text.mp4", "empty.mp4", "missing.mp4"})
    EXPECT_THAT(result.err, HasSubstr(name));
}

TEST_F(BadInput, OutputFoldersThatCannotBeWritten) {
  write_file(file("plain_file"), "x");
  expect_one_error(
      run_vidqa(fmt::format("train --dataset msvd-qa --data {} --streams none --output {}/run",
                            qa(""), file("plain_file"))),
      {"plain_file"});
  expect_one_error(run_vidqa(fmt::format("synth --output {}/data --clips 40", file("plain_file"))),
                   {"plain_file"});
}

TEST_F(BadInput, AFullDiskIsAnErrorAndLeavesNothingHalfWritten) {
  // A limit on the size of files stands in for a full disk: writes fail part way.
  const ProgramResult result = train("--streams none", "trap '' XFSZ; ulimit -f 64;");
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_EQ(result.error_lines().size(), 1U) << result.err;
  EXPECT_FALSE(fs::exists(file("run") + "/checkpoints/best.pt"));
  EXPECT_FALSE(fs::exists(file("run") + "/DONE"));
}

TEST_F(BadInput, EvaluateSaysWhatIsNoRun) {
  expect_one_error(run_vidqa("evaluate --run " + file("qa")), {file("qa")});
  expect_one_error(run_vidqa("evaluate --run " + file("nowhere")), {file("nowhere")});
  EXPECT_FALSE(fs::exists(file("nowhere")));
}

}  // namespace
}  // namespace vidqa::testing
