#include "benchmarks/datasets/synthetic_scene.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/benchmarks/datasets/synthetic_clip.h"

namespace vidqa::benchmarks::synthetic {
namespace {

/// How often the extent rises to its full height.
int64_t count_peaks(const Scene& scene, int64_t frames) {
  int64_t peaks = 0;
  bool is_high = false;
  for (int64_t t = 0; t < frames; ++t) {
    const int64_t extent = pose_at(scene, t, frames).extent;
    if (extent == 1000 && !is_high) ++peaks;
    is_high = is_high ? extent > 500 : extent == 1000;
  }
  return peaks;
}

TEST(SyntheticScene, ActionIsSeenAsOftenAsTheAnswerSays) {
  for (const int64_t frames : {16, 32, 100}) {
    for (int64_t i = 0; i < 300; i += 2) {
      const Scene scene = make_scene(1, i, frames);
      EXPECT_EQ(count_peaks(scene, frames), scene.times)
          << "clip " << i << " of " << frames << " frames";
    }
  }
}

TEST(SyntheticScene, LightGoesOutOnceBetweenTheTwoActions) {
  for (int64_t i = 1; i < 300; i += 2) {
    const Scene scene = make_scene(1, i, kFrames);
    EXPECT_NE(scene.before, scene.after);
    int64_t changes = 0;
    bool was_dark = false;
    for (int64_t t = 0; t < kFrames; ++t) {
      const Pose pose = pose_at(scene, t, kFrames);
      changes += pose.is_dark != was_dark ? 1 : 0;
      was_dark = pose.is_dark;
      EXPECT_TRUE(pose.is_dark || pose.action == (changes == 0 ? scene.before : scene.after));
    }
    EXPECT_EQ(changes, 2);
    EXPECT_EQ(count_peaks(scene, kFrames), 4) << "clip " << i;  // each action twice
  }
}

TEST(SyntheticScene, CountsFitTheClip) {
  EXPECT_EQ(max_times(16), 4);
  EXPECT_EQ(max_times(32), 8);
  EXPECT_EQ(max_times(1000), kMaxTimes);
}

TEST(SyntheticScene, EveryPairOfActionAndTimesComesOnceABlock) {
  std::map<std::pair<size_t, int64_t>, int> repetitions;
  for (int64_t i = 0; i < 2 * 42; i += 2) {
    const Scene scene = make_scene(5, i, kFrames);
    ++repetitions[{scene.action, scene.times}];
  }
  EXPECT_EQ(repetitions.size(), 42U);
  std::set<std::pair<size_t, size_t>> transitions;
  for (int64_t i = 1; i < 2 * 30; i += 2) {
    const Scene scene = make_scene(5, i, kFrames);
    transitions.insert({scene.before, scene.after});
  }
  EXPECT_EQ(transitions.size(), 30U);
}

TEST(SyntheticScene, LooksDoNotDependOnWhatIsAsked) {
  std::map<std::pair<size_t, size_t>, int> colors_of_actions;
  for (int64_t i = 0; i < 7200; i += 2) {
    const Scene scene = make_scene(9, i, kFrames);
    ++colors_of_actions[{scene.color, scene.action}];
  }
  EXPECT_EQ(colors_of_actions.size(), 36U);
  for (const auto& [pair, count] : colors_of_actions)
    EXPECT_NEAR(count, 100, 50);  // five standard deviations
}

}  // namespace
}  // namespace vidqa::benchmarks::synthetic
