#include "benchmarks/html_report/report_runs.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/benchmarks/html_report/run_folders.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::write_file;
using State = train::RunFolder::State;

std::vector<std::string> folders_of(const std::vector<RunSource>& sources) {
  std::vector<std::string> folders;
  for (const RunSource& source : find_run_folders(sources, false)) folders.push_back(source.path);
  return folders;
}

TEST(RunFolders, AreFoundAtAnyDepthSortedAndOnce) {
  const testing::TempDir temp;
  const std::string b1 = write_run(temp.file("out/runs/b/seed1"), {});
  const std::string a2 = write_run(temp.file("out/runs/a/seed2"), {});
  const std::string a1 = write_run(temp.file("out/runs/a/seed1"), {});
  write_run(temp.file("out/runs/a/seed1/checkpoints/copy"), {});  // part of the run above it
  EXPECT_THAT(folders_of({{"", temp.file("out")}}), ElementsAre(a1, a2, b1));
  EXPECT_THAT(folders_of({{"", b1}, {"", temp.file("out")}}), ElementsAre(b1, a1, a2));
}

TEST(RunFolders, OfLinksBelowASourceAreNotFollowed) {
  const testing::TempDir temp;
  const std::string inside = write_run(temp.file("runs/a"), {});
  write_run(temp.file("elsewhere/b"), {});
  fs::create_directory_symlink(temp.file("elsewhere"), temp.file("runs/link"));
  EXPECT_THAT(folders_of({{"", temp.file("runs")}}), ElementsAre(inside));
  EXPECT_THAT(folders_of({{"", temp.file("runs/link")}}), ElementsAre(temp.file("runs/link/b")));
}

TEST(RunFolders, ThatAreNoneAreNamedWithARemedy) {
  const testing::TempDir temp;
  fs::create_directories(temp.file("empty/below"));
  write_file(temp.file("file"), "x");
  EXPECT_THAT(error_of([&] {
                folders_of({{"", temp.file("empty")}});
              }),
              AllOf(HasSubstr(temp.file("empty")), HasSubstr("config.toml")));
  EXPECT_THAT(error_of([&] { folders_of({{"", temp.file("file")}}); }), HasSubstr("is a file"));
  EXPECT_THAT(error_of([&] { folders_of({{"", temp.file("nowhere")}}); }), HasSubstr("nowhere"));
  EXPECT_TRUE(find_run_folders({{"", temp.file("empty")}}, true).empty());
}

TEST(ReportRun, HoldsWhatTheFolderHolds) {
  const testing::TempDir temp;
  const std::string folder = write_run(temp.file("a"), {"mfb:mm_dim=8",
                                                        7,
                                                        "tgif-action",
                                                        "published",
                                                        {{"lr", "0.5"}},
                                                        3,
                                                        true,
                                                        "",
                                                        answered_all("110")});
  const ReportRun run = read_report_run({"given", folder});
  EXPECT_EQ(run.given_name, "given");
  EXPECT_EQ(run.state, State::kDone);
  EXPECT_EQ(run.seed, 7u);
  EXPECT_EQ(run.options.at("fusion"), "mfb:mm_dim=8");
  EXPECT_EQ(run.options.at("lr"), "0.5");
  EXPECT_EQ(run.options.count("++"), 0u);
  ASSERT_EQ(run.history.size(), 3u);
  EXPECT_EQ(run.history[2].epoch, 3);
  EXPECT_EQ(run.history[2].step, 30);
  EXPECT_DOUBLE_EQ(run.history[1].train_loss, 0.5);
  EXPECT_DOUBLE_EQ(run.history[1].val, 0.52);
  EXPECT_EQ(run.validation_metric, "accuracy");
  EXPECT_EQ(run.summary->parameters, 12000);
  EXPECT_DOUBLE_EQ(*run.summary->test, 2.0 / 3);
}

TEST(ReportRun, IsReadWithoutAnythingBeingWritten) {
  const testing::TempDir temp;
  RunFiles files;
  files.is_done = false;
  const std::string folder = write_run(temp.file("a"), files);
  const ReportRun run = read_report_run({"", folder});
  EXPECT_EQ(run.state, State::kNew);
  EXPECT_FALSE(run.summary);
  EXPECT_FALSE(fs::exists(folder + "/checkpoints"));
}

TEST(ReportRun, ThatFailedSaysWhy) {
  const testing::TempDir temp;
  RunFiles files;
  files.failure = "the loss is nan";
  const ReportRun run = read_report_run({"", write_run(temp.file("a"), files)});
  EXPECT_EQ(run.state, State::kFailed);
  EXPECT_EQ(run.failure, "the loss is nan");
}

TEST(ReportRun, DamageIsNamedByFile) {
  const testing::TempDir temp;
  const auto error_with = [&](const std::string& file, const std::string& content) {
    RunFiles files;
    files.predictions = answered_all("10");
    const std::string folder = write_run(temp.file("a"), files);
    write_file(folder + "/" + file, content);
    return error_of([&] { read_report_run({"", folder}); });
  };
  EXPECT_THAT(error_with("config.toml", "[train]\nseed=1\n"),
              AllOf(HasSubstr("config.toml"), HasSubstr("dataset")));
  EXPECT_THAT(error_with("config.toml", "[train]\ndataset=\"x\"\nseed=one\n"),
              AllOf(HasSubstr("config.toml"), HasSubstr("'one'")));
  EXPECT_THAT(error_with("metrics.csv", "epoch,step,train_loss,seconds\n1,2,3,4\n"),
              AllOf(HasSubstr("metrics.csv"), HasSubstr("val_accuracy")));
  EXPECT_THAT(
      error_with("metrics.csv", "epoch,step,train_loss,val_accuracy,seconds\n1,2,?,0.5,1\n"),
      AllOf(HasSubstr("metrics.csv"), HasSubstr("line 2"), HasSubstr("'?'")));
  EXPECT_THAT(error_with("summary.json", "{}"), HasSubstr("summary.json"));
}

}  // namespace
}  // namespace vidqa::benchmarks
