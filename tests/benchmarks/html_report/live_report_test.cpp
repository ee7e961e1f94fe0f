#include "benchmarks/html_report/live_report.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/benchmarks/html_report/run_folders.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

HtmlReportOptions options_for(const std::string& folder) {
  HtmlReportOptions options;
  options.sources = {{folder, folder}};
  return options;
}

TEST(LiveReport, FollowsRunsFromTheirBeginning) {
  const testing::TempDir temp;
  LiveReport live(options_for(temp.path().string()));
  EXPECT_EQ(Json::parse(live.report())["runs"].size(), 0u);

  RunFiles run;
  run.is_done = false;
  run.epochs = 1;
  write_run(temp.file("a"), run);
  Json data = Json::parse(live.report());
  EXPECT_EQ(data["runs"][0]["state"], "unfinished");
  EXPECT_EQ(data["runs"][0]["curve"].size(), 1u);
  EXPECT_EQ(data["runs"][0]["files"], "0/a");
  EXPECT_FALSE(data.contains("comparison"));

  run.epochs = 3;
  write_run(temp.file("a"), run);
  EXPECT_EQ(Json::parse(live.report())["runs"][0]["curve"].size(), 3u);

  run.is_done = true;
  run.predictions = answered_all("1101");
  write_run(temp.file("a"), run);
  data = Json::parse(live.report());
  EXPECT_EQ(data["runs"][0]["state"], "done");
  EXPECT_DOUBLE_EQ(data["comparison"]["rows"][0]["mean"].get<double>(), 0.75);
}

TEST(LiveReport, SaysWhatIsWrongAndRecovers) {
  const testing::TempDir temp;
  RunFiles run;
  run.predictions = answered_all("1101");
  write_run(temp.file("a"), run);
  LiveReport live(options_for(temp.path().string()));
  const std::string good = live.report();
  run.dataset = "msvd-qa";
  write_run(temp.file("b"), run);
  const Json fault = Json::parse(live.report());
  EXPECT_THAT(fault["error"].get<std::string>(),
              AllOf(HasSubstr("msvd-qa"), ::testing::Not(HasSubstr("\n"))));
  EXPECT_THAT(live.page(), HasSubstr("tgif-action"));  // what it had
  fs::remove_all(temp.file("b"));
  EXPECT_EQ(live.report(), good);
}

TEST(LiveReport, OfAFolderThatIsNotThereIsRefused) {
  EXPECT_THAT(testing::error_of([] { LiveReport live(options_for("/nowhere/runs")); }),
              HasSubstr("/nowhere/runs"));
}

TEST(LiveReport, WritesNothing) {
  const testing::TempDir temp;
  RunFiles run;
  run.predictions = answered_all("1101");
  write_run(temp.file("a"), run);
  const auto listing = [&] {
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(temp.path()))
      paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    return paths;
  };
  const std::vector<std::string> before = listing();
  LiveReport live(options_for(temp.path().string()));
  live.page();
  live.report();
  live.clips();
  EXPECT_EQ(listing(), before);
}

}  // namespace
}  // namespace vidqa::benchmarks
