#include "features/image_frames.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

#include "features/sampled_frames.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"
#include "tests/testing/test_video.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void write_image(const std::string& path, int number) {
  cv::Mat rgb = testing::numbered_frame(number, 160, 96);
  ASSERT_TRUE(cv::imwrite(path, rgb)) << path;  // all grey where it counts: RGB or BGR
}

class ImageFrames : public ::testing::Test {
 protected:
  std::string frames() const { return folder_.file("clip.s01"); }
  std::string frame(const std::string& name) const { return frames() + "/" + name; }
  void SetUp() override { fs::create_directory(frames()); }

  testing::TempDir folder_;
};

TEST_F(ImageFrames, OfAFolderComeInTheOrderOfTheirNumbers) {
  for (const int number : {1, 2, 3, 9, 10, 11})
    write_image(frame("img_" + std::to_string(number) + ".jpg"), number);
  write_image(frame("cover.png"), 0);
  VideoReaderOptions options;
  options.image_fps = 4;
  VideoReader reader(frames(), options);
  std::vector<int> numbers;
  std::vector<double> seconds;
  while (reader.grab()) {
    numbers.push_back(testing::number_of_frame(reader.retrieve()));
    seconds.push_back(reader.seconds());
  }
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 9, 10, 11));
  EXPECT_THAT(seconds, ElementsAre(0, 0.25, 0.5, 2, 2.25, 2.5));
  EXPECT_EQ(reader.end_seconds(), 2.75);
  EXPECT_EQ(reader.scan_end_seconds(), 2.75);
  EXPECT_EQ(reader.report().decode_errors, 5) << "4 to 8 are missing";
  EXPECT_TRUE(reader.report().partial);
  EXPECT_THAT(reader.report().partial_reason, AllOf(HasSubstr(frames()), HasSubstr("5 of 11")));
}

TEST_F(ImageFrames, AreSampledLikeAVideo) {
  for (int i = 1; i <= 30; ++i) write_image(frame("0000" + std::to_string(i) + ".png"), i);
  SampledFrames sampled(frames(), {{}, parse_frame_sampler("pts", 1)});
  std::vector<int> numbers;
  while (const auto image = sampled.next()) numbers.push_back(testing::number_of_frame(image->rgb));
  EXPECT_THAT(numbers, ElementsAre(1, 4, 7, 10, 13, 16, 19, 22, 25, 28));
  EXPECT_FALSE(sampled.report().partial) << sampled.report().partial_reason;
}

TEST_F(ImageFrames, SayWhichFilesAreInEachOthersWay) {
  write_image(frame("1.jpg"), 1);
  write_image(frame("001.png"), 1);
  const auto reason = [&] { return testing::error_of([&] { VideoReader reader(frames()); }); };
  EXPECT_THAT(reason(), AllOf(HasSubstr("1.jpg"), HasSubstr("001.png"), HasSubstr("twice")));
  fs::remove(frame("001.png"));
  write_image(frame("left_2.png"), 1);
  EXPECT_THAT(reason(), HasSubstr("two kinds, '...' and 'left_...'"));
}

TEST_F(ImageFrames, OfOneFileAreAVideoOfOneFrame) {
  for (const char* name : {"a.jpg", "a.png", "a.bmp", "a.tiff", "a.webp"}) {
    write_image(frame(name), 77);
    fs::rename(frame(name), frame("wrong ending.mp4"));
    SampledFrames sampled(frame("wrong ending.mp4"), {{}, parse_frame_sampler("uniform:3")});
    const auto image = sampled.next();
    ASSERT_TRUE(image.has_value()) << name;
    EXPECT_EQ(testing::number_of_frame(image->rgb), 77) << name;
    EXPECT_EQ(image->repeat, 3) << name;
    EXPECT_EQ(image->seconds, 0) << name;
    EXPECT_FALSE(sampled.next().has_value()) << name;
  }
}

TEST_F(ImageFrames, HaveRedWhereRedIs) {
  const std::string path = frame("red.png");
  cv::imwrite(path, cv::Mat(4, 4, CV_8UC3, cv::Scalar(10, 20, 250)));  // BGR
  EXPECT_EQ(read_image(path).at<cv::Vec3b>(1, 1), cv::Vec3b(250, 20, 10));
  cv::imwrite(path, cv::Mat(4, 4, CV_8UC4, cv::Scalar(0, 0, 255, 51)));  // a fifth of red
  EXPECT_EQ(read_image(path).at<cv::Vec3b>(1, 1), cv::Vec3b(255, 204, 204)) << "on white";
  cv::imwrite(path, cv::Mat(4, 4, CV_8UC1, cv::Scalar(99)));
  EXPECT_EQ(read_image(path).at<cv::Vec3b>(1, 1), cv::Vec3b(99, 99, 99));
}

TEST_F(ImageFrames, AreRefusedWhenTheyAreCut) {
  for (const char* name : {"a.jpg", "a.png", "a.bmp"}) {
    write_image(frame(name), 1);
    const std::string bytes = testing::read_file(frame(name));
    for (const double share : {0.3, 0.6, 0.9}) {
      testing::write_file(frame(name), bytes.substr(0, static_cast<size_t>(share * bytes.size())));
      EXPECT_THAT(testing::error_of([&] { read_image(frame(name)); }),
                  AllOf(HasSubstr(frame(name)), HasSubstr("get it again")))
          << share;
    }
  }
}

}  // namespace
}  // namespace vidqa::features
