#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vidqa::testing {

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
