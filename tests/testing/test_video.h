#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

namespace vidqa::testing {

/// A video to be written whose frames carry their numbers (number_of_frame()).
struct TestVideo {
  std::vector<int64_t> times;  ///< of the frames, in ticks; those before 0 are cut by an edit list
  int ticks_per_second = 1000;
  std::string encoder = "libx264";
  std::string encoder_options;    ///< x264's own: "keyint=12:bframes=2:..."
  std::string container;          ///< empty: by the ending of the path
  std::string container_options;  ///< of the muxer: "live=1"
  std::string pixel_format = "yuv420p";
  int width = 160;
  int height = 96;
  int key_frame_every = 12;
  int rotation = 0;  ///< degrees clockwise by which a player has to turn it
  bool has_durations = true;
  bool is_bt709 = false;
  bool is_full_range = false;
  bool is_interlaced = false;
};

/// `count` times, `step` ticks apart.
std::vector<int64_t> evenly(int count, int64_t step, int64_t first = 0);

/// Throws std::runtime_error naming the path; also when this FFmpeg lacks the encoder.
void write_test_video(const std::string& path, const TestVideo& video);

/// The picture with a number below 1024, and the number that a decoded picture shows.
cv::Mat numbered_frame(int number, int width, int height);
int number_of_frame(const cv::Mat& rgb);

}  // namespace vidqa::testing
