#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace vidqa::benchmarks::synthetic {

inline constexpr std::array<const char*, 4> kShapes = {"circle", "square", "triangle", "star"};
inline constexpr std::array<const char*, 6> kColors = {"red",    "green",  "blue",
                                                       "yellow", "purple", "orange"};

/// Something that the shape does and undoes again.
struct Action {
  const char* phrase;  ///< "What does the shape do ?"
  const char* gerund;  ///< "what is the shape doing?"
};
inline constexpr std::array<Action, 6> kActions = {{{"blink", "blinking"},
                                                    {"grow", "growing"},
                                                    {"shrink", "shrinking"},
                                                    {"turn white", "whitening"},
                                                    {"turn black", "blackening"},
                                                    {"move aside", "moving"}}};

inline constexpr int64_t kMinTimes = 2;
inline constexpr int64_t kMaxTimes = 8;
inline constexpr int64_t kMinFramesPerTime = 4;  ///< fewer could not be told apart
/// Repetitions that fit into a clip: kMinTimes .. max_times(frames).
int64_t max_times(int64_t frames);

/// What happens in one clip. Even clips repeat one action; in odd ones the light goes out for a
/// moment, with one action before it and another after it.
struct Scene {
  int64_t index = 0;  ///< from 0
  std::string name;   ///< stem of the video file
  size_t shape = 0;   ///< into kShapes
  size_t color = 0;   ///< into kColors
  bool is_transition = false;

  size_t action = 0;  ///< into kActions; repetition only
  int64_t times = 0;
  size_t before = 0;  ///< into kActions; transition only, never equal
  size_t after = 0;

  // Looks without a question: shares of the frame and of the free time in thousandths, grey level
  // 0..255.
  int64_t radius = 0;
  int64_t center_x = 0;
  int64_t center_y = 0;
  int64_t background = 0;
  int64_t turn_degrees = 0;
  int64_t start =
      0;  ///< repetition: rest before the first time; transition: when the light goes out
};

/// A function of its arguments alone. Shapes, colours, pairs of action and times, and pairs of
/// actions come in shuffled blocks that hold each of them once, so that every run of clips is
/// balanced.
Scene make_scene(uint64_t seed, int64_t index, int64_t frames);

/// What is to be drawn at one time.
struct Pose {
  bool is_dark = false;  ///< the light is out
  size_t action = 0;
  int64_t extent = 0;  ///< how far the action has gone, 0 at rest .. 1000
};

Pose pose_at(const Scene& scene, int64_t frame, int64_t frames);

}  // namespace vidqa::benchmarks::synthetic
