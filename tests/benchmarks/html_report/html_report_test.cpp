#include "benchmarks/html_report/html_report.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "features/video_writer.h"
#include "tests/benchmarks/html_report/run_folders.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using Json = nlohmann::json;

constexpr const char* kHostile =
    "</script><script>alert(1)</script> \"quoted\" 'too' & <!--x--> \\";

/// The data of a page, as a browser reads them.
Json data_of(const std::string& page, const std::string& id) {
  const std::string opening = "<script type=\"application/json\" id=\"" + id + "\">";
  const size_t start = page.find(opening) + opening.size();
  return Json::parse(page.substr(start, page.find("</script>", start) - start));
}

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class HtmlReport : public ::testing::Test {
 protected:
  void SetUp() override {
    RunFiles run;
    run.predictions = answered_all("110010110100");
    run.predictions[0].question = kHostile;
    run.predictions[0].attention = train::FrameAttention{{}, {0.25, 0.75}};
    write_run(temp_.file("runs/a"), run);
    run.fusion = "mfb";
    run.predictions = answered_all("111010111101");
    write_run(temp_.file("runs/b"), run);
    options_.sources = {{temp_.file("runs"), temp_.file("runs")}};
  }
  std::string write() {
    written_ = write_html_report(options_, output());
    return read_file(output());
  }
  std::string output() const { return temp_.file("report.html"); }

  testing::TempDir temp_;
  HtmlReportOptions options_;
  WrittenReport written_;
};

TEST_F(HtmlReport, IsOneFileThatNamesNoOther) {
  const std::string page = write();
  EXPECT_THAT(page, HasSubstr("Chart.js v"));
  EXPECT_EQ(count_of(page, "<script src"), 0u);
  EXPECT_EQ(count_of(page, "href=\"http"), 0u);
  EXPECT_EQ(count_of(page, "<!--title-->"), 0u);
  EXPECT_THAT(page, HasSubstr("<title>tgif-action</title>"));
  EXPECT_EQ(data_of(page, "live-data"), Json(false));
  EXPECT_EQ(written_.num_runs, 2);
  EXPECT_EQ(written_.num_finished, 2);
  EXPECT_EQ(written_.num_examples, 12);
}

TEST_F(HtmlReport, HoldsTheComparisonTheRunsAndTheExamples) {
  const Json data = data_of(write(), "report-data");
  EXPECT_EQ(data["comparison"]["rows"].size(), 2u);
  EXPECT_EQ(data["comparison"]["rows"][1]["name"], "mfb");
  EXPECT_EQ(data["arms"][1], Json::parse(R"({"name":"mfb","options":{"fusion":"mfb"}})"));
  EXPECT_EQ(data["runs"][0]["curve"], Json::parse("[[1,10,1.0,0.51,1.5],[2,20,0.5,0.52,1.5]]"));
  EXPECT_EQ(data["runs"][0]["state"], "done");
  EXPECT_EQ(data["types"][0]["type"], "what");
  EXPECT_EQ(data["types"][0]["rows"].size(), 2u);
  EXPECT_EQ(data["examples"]["arms"], Json::parse(R"(["default","mfb"])"));
  const Json& example = data["examples"]["items"][0];
  EXPECT_EQ(example["id"], "Q1");
  EXPECT_EQ(example["answers"], Json::parse(R"(["a","b","c"])"));
  EXPECT_EQ(example["arms"][0]["scores"], Json::parse("[0.25,2.0,1.0]"));
  EXPECT_EQ(example["arms"][0]["attention"],
            Json::parse(R"({"seconds":[],"weights":[0.25,0.75]})"));
  EXPECT_FALSE(example["arms"][1].contains("attention"));
}

TEST_F(HtmlReport, DrawsTheAttentionOverManyFramesInFewBars) {
  RunFiles run;
  run.predictions = answered_all("110010110100");
  train::FrameAttention attention;
  for (int i = 0; i < 250; ++i) {
    attention.seconds.push_back(i);
    attention.weights.push_back(0.004);
  }
  run.predictions[0].attention = attention;
  write_run(temp_.file("runs/a"), run);
  const Json data = data_of(write(), "report-data");
  const Json& bars = data["examples"]["items"][0]["arms"][0]["attention"];
  ASSERT_EQ(bars["weights"].size(), 84u);  // three frames each, the last one alone
  EXPECT_DOUBLE_EQ(bars["weights"][0].get<double>(), 0.012);
  EXPECT_DOUBLE_EQ(bars["seconds"][0].get<double>(), 1);
  EXPECT_DOUBLE_EQ(bars["weights"][83].get<double>(), 0.004);
  EXPECT_DOUBLE_EQ(bars["seconds"][83].get<double>(), 249);
}

TEST_F(HtmlReport, TakesNoTextForMarkup) {
  options_.title = kHostile;
  const std::string page = write();
  EXPECT_EQ(count_of(page, "alert(1)</script>"), 0u);
  EXPECT_EQ(count_of(page, "<script>alert"), 0u);
  EXPECT_THAT(page, HasSubstr("<title>&lt;/script>"));
  const Json data = data_of(page, "report-data");
  EXPECT_EQ(data["examples"]["items"][0]["question"], kHostile);
  EXPECT_EQ(data["title"], kHostile);
}

TEST_F(HtmlReport, ThatFailsLeavesWhatWasThere) {
  const std::string before = write();
  RunFiles other;
  other.dataset = "msvd-qa";
  write_run(temp_.file("runs/c"), other);
  EXPECT_THAT(error_of([&] { write(); }), AllOf(HasSubstr("msvd-qa"), HasSubstr("tgif-action")));
  EXPECT_EQ(read_file(output()), before);
}

TEST_F(HtmlReport, ShowsFramesOfTheClipsItFinds) {
  fs::create_directories(temp_.file("videos"));
  features::VideoWriter writer(temp_.file("videos/clip1.mp4"), {64, 48, 10, 18});
  for (int i = 0; i < 40; ++i) writer.write(cv::Mat(48, 64, CV_8UC3, cv::Scalar(200, 40, 6 * i)));
  writer.close();
  testing::write_file(temp_.file("videos/clip2.mp4"), "not a video");
  options_.videos = temp_.file("videos");
  options_.max_clips = 3;
  const Json clips = data_of(write(), "clips-data");
  EXPECT_EQ(clips["clips"].size(), 1u);
  const Json& clip = clips["clips"]["clip1"];
  EXPECT_NEAR(clip["duration"].get<double>(), 4, 0.01);
  ASSERT_EQ(clip["frames"].size(), 8u);
  EXPECT_NEAR(clip["frames"][0][0].get<double>(), 0.2, 0.06);  // middle of the first eighth
  EXPECT_NEAR(clip["frames"][7][0].get<double>(), 3.7, 0.06);
  // A JPEG begins with the bytes FF D8 FF, which are "/9j/" in base 64.
  EXPECT_THAT(clip["frames"][0][1].get<std::string>(),
              ::testing::StartsWith("data:image/jpeg;base64,/9j/"));
  EXPECT_EQ(clips["how"], "Frames of the first 3 of the examples' 6 clips.");
  ASSERT_EQ(written_.faults.size(), 2u);
  EXPECT_THAT(written_.faults[0], HasSubstr("clip2.mp4"));
  EXPECT_THAT(written_.faults[1], HasSubstr("'clip3'"));
}

TEST_F(HtmlReport, OfCountsIsWritten) {
  for (const char* name : {"a", "b"}) {
    RunFiles run;
    run.dataset = "tgif-count";
    run.fusion = name;
    for (int64_t i = 1; i <= 4; ++i) {
      train::Prediction p = answered(i, i % 2 == 0);
      p.scores.clear();
      p.prediction = "3";
      p.gold = "3";
      p.raw_score = 2.5;
      run.predictions.push_back(p);
    }
    write_run(temp_.file("runs") + "/" + name, run);
  }
  const Json data = data_of(write(), "report-data");
  EXPECT_EQ(data["comparison"]["metric"], "mse");
  EXPECT_DOUBLE_EQ(data["comparison"]["rows"][0]["mean"].get<double>(), 0.25);
  EXPECT_EQ(data["examples"]["items"][0]["arms"][0]["said"], "3");
}

}  // namespace
}  // namespace vidqa::benchmarks
