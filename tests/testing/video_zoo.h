#pragma once

#include <cstdint>
#include <filesystem>
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

/// A GIF of 2 x 1 pixels: red and blue; after `delay` hundredths of a second green over the first
/// pixel, the second one left as it is; after `delay` more, a frame that clears the first pixel to
/// transparent.
std::string small_gif(int delay);

/// What a reader may make of a file of the zoo.
enum class Fate {
  kWhole,     ///< all frames
  kNoVideo,   ///< an error
  kNotWhole,  ///< an error, or a report that says "partial"
  kDamaged,   ///< an error, "partial", or nearly all frames
};

struct ZooVideo {
  std::string path;
  Fate fate;
  int64_t frames;  ///< of the undamaged video
};

/// Writes videos that are odd, broken or none at all into the folder: cut at every tenth, with
/// flipped bits, with wrong endings, empty, sound only, of 1 x 1 and of 7680 x 4320 pixels, of one
/// frame, without a duration, with one key frame only, with odd names.
std::vector<ZooVideo> write_video_zoo(const std::filesystem::path& folder);

}  // namespace vidqa::testing
