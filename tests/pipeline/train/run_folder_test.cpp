#include "pipeline/train/run_folder.h"

#include <fstream>
#include <sstream>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::train {
namespace {

using ::testing::HasSubstr;
using testing::read_file;

TEST(RunFolder, GoesThroughItsStates) {
  const testing::TempDir temp;
  const RunFolder run(temp.path() / "a" / "b");
  EXPECT_EQ(run.state(), RunFolder::State::kNew);
  std::ofstream(run.last_checkpoint()) << "x";
  EXPECT_EQ(run.state(), RunFolder::State::kInterrupted);
  run.mark_failed("the loss is nan");
  EXPECT_EQ(run.state(), RunFolder::State::kFailed);
  EXPECT_EQ(read_file(run.path() / "FAILED"), "the loss is nan\n");
  run.mark_running();
  EXPECT_EQ(run.state(), RunFolder::State::kInterrupted);
  run.mark_done();
  EXPECT_EQ(run.state(), RunFolder::State::kDone);
  EXPECT_EQ(RunFolder(run.path()).state(), RunFolder::State::kDone);
}

TEST(RunFolder, NamesPredictionsBySplit) {
  const testing::TempDir temp;
  const RunFolder run(temp.path() / "run");
  EXPECT_EQ(run.predictions("test"), (temp.path() / "run" / "predictions.jsonl").string());
  EXPECT_EQ(run.predictions("val"), (temp.path() / "run" / "predictions_val.jsonl").string());
}

TEST(RunFolder, OpenedToReadMakesNothing) {
  const testing::TempDir temp;
  EXPECT_THROW(RunFolder::open_to_read(temp.path()), c10::Error);
  std::ofstream(temp.file("config.toml")) << "[train]\n";
  EXPECT_EQ(RunFolder::open_to_read(temp.path()).state(), RunFolder::State::kNew);
  EXPECT_FALSE(std::filesystem::exists(temp.file("checkpoints")));
}

TEST(RunFolder, AFolderThatCannotBeMadeIsNamed) {
  const testing::TempDir temp;
  std::ofstream(temp.file("file")) << "x";
  for (const std::string& path : {temp.file("file") + "/run", std::string("/proc/vidqa/run")}) {
    try {
      RunFolder run(path);
      FAIL() << "no error for " << path;
    } catch (const c10::Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(path));
    }
  }
}

TEST(RunFolder, AFolderThatIsNotWritableIsNamed) {
  namespace fs = std::filesystem;
  const testing::TempDir temp;
  const fs::path path = temp.path() / "run";
  RunFolder run(path);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_exec);
  if (std::ofstream(path / "probe")) GTEST_SKIP() << "this user may write everywhere";
  EXPECT_THROW(RunFolder{path}, c10::Error);
  fs::permissions(path, fs::perms::owner_all);
}

}  // namespace
}  // namespace vidqa::train
