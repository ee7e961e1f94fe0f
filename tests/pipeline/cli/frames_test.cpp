#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

#include "features/video_writer.h"
#include "tests/pipeline/cli/program.h"
#include "tests/testing/files.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// 40 frames in 4 s, each with a grey level of its own.
std::string grey_video(const TempDir& folder) {
  const std::string path = folder.file("grey video.mp4");
  features::VideoWriter writer(path, {64, 48, 10, 5});
  for (int i = 0; i < 40; ++i) writer.write(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(40 + 5 * i)));
  writer.close();
  return path;
}

TEST(Frames, AreWrittenToHdf5WithTheirTimes) {
  const TempDir folder;
  const std::string output = folder.file("out.h5");
  const ProgramResult result =
      run_vidqa(fmt::format("frames '{}' --at 2.55,0.3 -o {}", grey_video(folder), output));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const GoldenFile file(output);
  const torch::Tensor times = file.tensor("/pts_seconds");
  ASSERT_EQ(times.size(0), 2);
  EXPECT_NEAR(times[0].item<double>(), 0.3, 1e-9);
  EXPECT_NEAR(times[1].item<double>(), 2.5, 1e-9);
  const torch::Tensor frame = file.tensor("/frame/000001");
  EXPECT_EQ(frame.sizes(), (std::vector<int64_t>{3, 48, 64}));
  EXPECT_NEAR(frame[0][20][30].item<int>(), 40 + 5 * 25, 3);
  EXPECT_THAT(result.out, AllOf(HasSubstr("0.300000 s"), HasSubstr("2.500000 s")));
}

TEST(Frames, AreWrittenAsPngAndAsAContactSheet) {
  const TempDir folder;
  const std::string command =
      fmt::format("frames '{}' --sampler uniform:4 --output {} --contact-sheet {}",
                  grey_video(folder), folder.file("png"), folder.file("sheet.png"));
  const ProgramResult result = run_vidqa(command);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(read_file(folder.file("png/seconds.csv")),
            "row,seconds\n0,0.500000\n1,1.500000\n2,2.500000\n3,3.500000\n");
  const cv::Mat third = cv::imread(folder.file("png/000002.png"));
  ASSERT_EQ(third.size(), cv::Size(64, 48));
  EXPECT_NEAR(third.at<cv::Vec3b>(20, 30)[0], 40 + 5 * 25, 3);
  EXPECT_GT(cv::imread(folder.file("sheet.png")).cols, 4 * 200);
  EXPECT_THAT(run_vidqa(command).err, HasSubstr("holds numbered images already"));
  // The folder is a video again.
  const ProgramResult again =
      run_vidqa(fmt::format("frames {} --image-fps 1 --sampler stride:2 --output {}",
                            folder.file("png"), folder.file("again.h5")));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(GoldenFile(folder.file("again.h5")).tensor("/pts_seconds").size(0), 2);
}

TEST(Frames, SayWhatIsWrong) {
  const TempDir folder;
  const std::string video = grey_video(folder), output = folder.file("out.h5");
  const auto error = [&](const std::string& arguments) {
    const ProgramResult result = run_vidqa("frames " + arguments);
    EXPECT_NE(result.exit_code, 0) << arguments;
    EXPECT_FALSE(fs::exists(output)) << arguments;
    return result.err;
  };
  EXPECT_THAT(error(fmt::format("'{}' --at 1,4 -o {}", video, output)),
              HasSubstr("ends at 4.000000 s, so it shows nothing at 4"));
  EXPECT_THAT(error(fmt::format("'{}' --at=-1 -o {}", video, output)),
              HasSubstr("before the video"));
  EXPECT_THAT(error(fmt::format("'{}' --stream 3 -o {}", video, output)),
              HasSubstr("no video stream 3"));
  EXPECT_THAT(error(fmt::format("'{}' --sampler some -o {}", video, output)),
              HasSubstr("accepted: pts"));
  EXPECT_THAT(error(fmt::format("{} -o {}", folder.file("absent.mp4"), output)),
              HasSubstr("does not exist"));
  EXPECT_THAT(error(fmt::format("'{}'", video)), HasSubstr("nothing to write"));
}

TEST(Frames, OfARealVideoEqualTheGoldenOnes) {
  VIDQA_REQUIRE_SHARED("golden/frames/nasa_13013_stream3.h5");
  const TempDir folder;
  const GoldenFile golden((shared_dir() / "golden/frames/nasa_13013_stream3.h5").string());
  const torch::Tensor times = golden.tensor("/pts_seconds");
  const std::vector<int64_t> wanted = {0, 9, 35, 386};
  std::string at;
  for (const int64_t frame : wanted)
    at += fmt::format("{}{:.6f}", at.empty() ? "" : ",", times[frame].item<double>());
  const ProgramResult result = run_vidqa(fmt::format(
      "frames {} --at {} --stream 3 -o {}", (shared_dir() / "data/videos/nasa_13013.mp4").string(),
      at, folder.file("out.h5")));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const GoldenFile file(folder.file("out.h5"));
  for (size_t row = 0; row < wanted.size(); ++row) {
    const torch::Tensor expected = golden.tensor(fmt::format("/frame/{:06}", wanted[row]));
    const torch::Tensor actual = file.tensor(fmt::format("/frame/{:06}", row));
    ASSERT_EQ(actual.sizes(), expected.sizes());
    EXPECT_LE((actual.to(torch::kInt) - expected.to(torch::kInt)).abs().max().item<int>(), 2)
        << "frame " << wanted[row];
  }
}

}  // namespace
}  // namespace vidqa::testing
