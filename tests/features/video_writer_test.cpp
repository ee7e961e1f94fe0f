#include "features/video_writer.h"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "features/hash.h"
#include "features/video_reader.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;

constexpr int kWidth = 64;
constexpr int kHeight = 48;

/// Frame `i` of the test videos: four flat quarters, the last one tells the frame.
cv::Mat test_frame(int i) {
  cv::Mat frame(kHeight, kWidth, CV_8UC3, cv::Scalar(220, 30, 30));
  frame(cv::Rect(kWidth / 2, 0, kWidth / 2, kHeight / 2)).setTo(cv::Scalar(30, 200, 30));
  frame(cv::Rect(0, kHeight / 2, kWidth / 2, kHeight / 2)).setTo(cv::Scalar(30, 30, 220));
  frame(cv::Rect(kWidth / 2, kHeight / 2, kWidth / 2, kHeight / 2))
      .setTo(cv::Scalar::all(20 + 6 * i));
  return frame;
}

void write_video(const std::string& path, int frames, double fps = 25) {
  VideoWriter writer(path, {kWidth, kHeight, fps, 10});
  for (int i = 0; i < frames; ++i) writer.write(test_frame(i));
  writer.close();
}

/// Colour in the middle of a quarter: 0 top left, 1 top right, 2 bottom left, 3 bottom right.
cv::Vec3b quarter(const cv::Mat& frame, int index) {
  return frame.at<cv::Vec3b>(frame.rows * (1 + 2 * (index / 2)) / 4,
                             frame.cols * (1 + 2 * (index % 2)) / 4);
}

TEST(VideoWriter, GivesFramesThatTheReaderGivesBack) {
  const testing::TempDir folder;
  const std::string path = folder.file("a.mp4");
  write_video(path, 30, 12.5);
  VideoReader reader(path);
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(reader.grab());
    EXPECT_DOUBLE_EQ(reader.seconds(), i / 12.5);
    EXPECT_DOUBLE_EQ(reader.end_seconds(), (i + 1) / 12.5);
    const cv::Mat frame = reader.retrieve(), expected = test_frame(i);
    ASSERT_EQ(frame.size(), expected.size());
    for (int q = 0; q < 4; ++q)
      EXPECT_LE(cv::norm(quarter(frame, q), quarter(expected, q), cv::NORM_INF), 4)
          << "frame " << i << " quarter " << q;
  }
  EXPECT_TRUE(reader.is_last());
  EXPECT_FALSE(reader.grab());
  EXPECT_EQ(reader.report().decoded_frames, 30);
  EXPECT_EQ(reader.report().decode_errors, 0);
  EXPECT_FALSE(reader.report().partial);
}

TEST(VideoWriter, GivesEqualBytesForEqualFrames) {
  const testing::TempDir folder;
  std::set<std::string> hashes;
  std::vector<std::string> litter;  // what lies in the memory that the encoder gets must not matter
  for (int i = 0; i < 6; ++i) {
    write_video(folder.file("a.mp4"), 20);
    hashes.insert(sha256_file(folder.file("a.mp4")));
    for (size_t size = 100; size < 20000; size += 100)
      litter.emplace_back(size, static_cast<char>(50 * i));
    litter.clear();
  }
  EXPECT_EQ(hashes.size(), 1);
}

TEST(VideoWriter, LeavesNothingBehindWithoutClose) {
  const testing::TempDir folder;
  {
    VideoWriter writer(folder.file("a.mp4"), {kWidth, kHeight});
    writer.write(test_frame(0));
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(VideoWriter, RefusesWhatCannotBeCoded) {
  const testing::TempDir folder;
  EXPECT_THROW(VideoWriter(folder.file("a.mp4"), {63, 48}), c10::Error);
  EXPECT_THROW(VideoWriter(folder.file("a.mp4"), {64, 48, 0}), c10::Error);
  VideoWriter writer(folder.file("a.mp4"), {kWidth, kHeight});
  EXPECT_THROW(writer.write(cv::Mat(kHeight, kWidth + 2, CV_8UC3)), c10::Error);
  EXPECT_THROW(writer.write(cv::Mat(kHeight, kWidth, CV_8UC1)), c10::Error);
  EXPECT_THROW(writer.close(), c10::Error) << "no frame";
  EXPECT_THROW(VideoWriter(folder.file("no/folder/a.mp4"), {64, 48}), std::runtime_error);
}

}  // namespace
}  // namespace vidqa::features
