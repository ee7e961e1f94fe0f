#include "tests/testing/video_zoo.h"

#include <random>

#include <fmt/format.h>

#include "tests/testing/files.h"
#include "tests/testing/test_video.h"

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;

/// A WAV file with half a second of silence: 8 kHz, mono, 8 bit.
std::string silence() {
  const char header[] =
      "RIFF\xc4\x0f\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0"
      "data\xa0\x0f\0\0";
  return std::string(header, 44) + std::string(4000, '\x80');
}

/// Adds variants of a whole video: cut at every tenth, and with bits flipped.
void add_damaged(const fs::path& folder, const std::string& whole, int64_t frames,
                 std::vector<ZooVideo>& zoo) {
  const std::string bytes = read_file(whole), ending = fs::path(whole).extension().string();
  const std::string name = fs::path(whole).stem().string();
  for (int tenth = 1; tenth < 10; ++tenth) {
    const std::string path = (folder / fmt::format("{}_cut_{}{}", name, tenth, ending)).string();
    write_file(path, bytes.substr(0, bytes.size() * tenth / 10));
    // What is missing at the end can be less than the tenth of the frames that is tolerated.
    zoo.push_back({path, tenth < 8 ? Fate::kNotWhole : Fate::kDamaged, frames});
  }
  std::mt19937 random(7);
  for (int trial = 1; trial <= 8; ++trial) {
    std::string damaged = bytes;
    for (int flip = 0; flip < 3 * trial; ++flip)
      damaged[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    const std::string path =
        (folder / fmt::format("{}_flipped_{}{}", name, trial, ending)).string();
    write_file(path, damaged);
    zoo.push_back({path, Fate::kDamaged, frames});
  }
}

}  // namespace

std::string small_gif(int delay) {
  const auto control = [&](int disposal_and_transparency) {
    const char bytes[] = {0x21,
                          static_cast<char>(0xf9),
                          4,
                          static_cast<char>(disposal_and_transparency),
                          static_cast<char>(delay & 255),
                          static_cast<char>(delay >> 8),
                          3,  // the transparent colour
                          0};
    return std::string(bytes, sizeof(bytes));
  };
  const auto image = [](int width, const std::string& code) {
    const char bytes[] = {0x2c, 0, 0, 0, 0, static_cast<char>(width), 0, 1, 0, 0, 2};
    return std::string(bytes, sizeof(bytes)) + static_cast<char>(code.size()) + code +
           std::string(1, '\0');
  };
  // LZW with codes of 3 bits, least significant first: 4 clears the table, 5 ends.
  const auto pixel = [](int colour) {
    const int bits = 4 | colour << 3 | 5 << 6;
    return std::string({static_cast<char>(bits & 255), static_cast<char>(bits >> 8)});
  };
  const auto two_pixels = [](int first, int second) {
    const int bits = 4 | first << 3 | second << 6 | 5 << 9;
    return std::string({static_cast<char>(bits & 255), static_cast<char>(bits >> 8)});
  };
  const std::string header("GIF89a\x02\0\x01\0\x91\x03\0", 13);
  const std::string colours("\xff\0\0\0\xff\0\0\0\xff\0\0\0", 12);  // red, green, blue, black
  constexpr int kKeep = 1 << 2, kClear = 2 << 2, kTransparent = 1;
  return header + colours + control(kKeep) + image(2, two_pixels(0, 2)) +
         control(kClear | kTransparent) + image(1, pixel(1)) + control(kKeep | kTransparent) +
         image(1, pixel(3)) + ";";
}

std::vector<ZooVideo> write_video_zoo(const fs::path& folder) {
  constexpr int kFrames = 40, kStep = 40;
  std::vector<ZooVideo> zoo;
  const auto add = [&](const std::string& name, const TestVideo& video) {
    const std::string path = (folder / name).string();
    write_test_video(path, video);
    zoo.push_back({path, Fate::kWhole, static_cast<int64_t>(video.times.size())});
    return path;
  };
  const auto add_bytes = [&](const std::string& name, const std::string& bytes, Fate fate,
                             int64_t frames) {
    const std::string path = (folder / name).string();
    write_file(path, bytes);
    zoo.push_back({path, fate, frames});
  };
  TestVideo plain;
  plain.times = evenly(kFrames, kStep);

  TestVideo video = plain;
  video.container_options = "movflags=+faststart";
  const std::string mp4 = add("index_first.mp4", video);
  const std::string late_mp4 = add("index_last.mp4", plain);
  const std::string mkv = add("plain.mkv", plain);
  add("plain.ts", plain);
  for (const std::string& whole : {mp4, late_mp4, mkv}) add_damaged(folder, whole, kFrames, zoo);

  video = plain;
  video.encoder = "mpeg4";
  video.ticks_per_second = 25;
  video.times = evenly(kFrames, 1);
  add_damaged(folder, add("plain.avi", video), kFrames, zoo);

  video = plain;
  video.container_options = "live=1";
  video.has_durations = false;
  add("live.mkv", video);
  video = plain;
  video.container = "h264";
  add("raw.h264", video);
  add("raw_with_a_wrong_ending.mp4", video);

  video = plain;
  video.times = {0};
  add("one frame.mp4", video);
  video.times = evenly(250, kStep);
  video.key_frame_every = 100000;
  add("one_key_frame.mp4", video);

  video = plain;
  video.times = evenly(2, kStep);
  video.encoder = "ffv1";
  video.pixel_format = "yuv444p";
  video.width = video.height = 1;
  add("one_pixel.mkv", video);
  video.encoder = "mjpeg";
  video.pixel_format = "yuvj420p";
  video.is_full_range = true;
  video.width = 7680;
  video.height = 4320;
  add("8k.mkv", video);

  const std::string bytes = read_file(mp4);
  for (const char* name : {"naïve – 映画.mp4", "a b.mp4", "-i.mp4", "50%d.jpg", "a:b.mp4",
                           "ending.txt", "ending.gif", "no_ending", "quote'\".mp4"})
    add_bytes(name, bytes, Fate::kWhole, kFrames);
  add_bytes("small.gif", small_gif(50), Fate::kWhole, 3);
  add_bytes("gif_with_a_wrong_ending.mp4", small_gif(50), Fate::kWhole, 3);
  add_bytes("cut.gif", small_gif(50).substr(0, 60), Fate::kNotWhole, 3);
  add_bytes("nothing.mp4", "", Fate::kNoVideo, 0);
  add_bytes("zeros.mp4", std::string(100000, '\0'), Fate::kNoVideo, 0);
  add_bytes("text.mp4", "Dear diary,\n" + std::string(5000, 'x') + "\n", Fate::kNoVideo, 0);
  add_bytes("sound.mp4", silence(), Fate::kNoVideo, 0);
  return zoo;
}

}  // namespace vidqa::testing
