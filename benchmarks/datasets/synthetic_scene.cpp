#include "benchmarks/datasets/synthetic_scene.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "pipeline/data/seeded_random.h"

namespace vidqa::benchmarks::synthetic {
namespace {

/// What a random sequence is for: part of its key.
enum ScenePurpose : uint64_t {
  kShapeBlock = 1,
  kColorBlock,
  kActionBlock,
  kTimesBlock,
  kPairBlock,
  kLooks
};

constexpr int64_t kTimesInHalf =
    2;  // how often an action is done before and after the light goes out

/// A shuffled 0 .. size-1 for each block.
std::vector<size_t> block_order(uint64_t seed, ScenePurpose purpose, int64_t block, size_t size) {
  std::vector<size_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  data::SeededRandom({seed, purpose, static_cast<uint64_t>(block)}).shuffle(order);
  return order;
}

/// Element `position` of a sequence whose blocks hold every value below `size` once.
size_t balanced_value(uint64_t seed, ScenePurpose purpose, int64_t position, size_t size) {
  const auto length = static_cast<int64_t>(size);
  return block_order(seed, purpose, position / length,
                     size)[static_cast<size_t>(position % length)];
}

/// Every block of kActions x counts holds each pair of action and times once, every six in a row
/// hold each action once.
void choose_repetition(Scene& scene, uint64_t seed, int64_t position, int64_t frames) {
  const size_t actions = kActions.size();
  const auto counts = static_cast<size_t>(max_times(frames) - kMinTimes + 1);
  const int64_t block = position / static_cast<int64_t>(actions * counts);
  const size_t within = static_cast<size_t>(position) % (actions * counts);
  const size_t column = within % actions;
  const size_t row = within / actions;
  scene.action = block_order(seed, kActionBlock, block, actions)[column];
  scene.times = kMinTimes + static_cast<int64_t>(block_order(seed, kTimesBlock, block,
                                                             counts)[(column + row) % counts]);
}

/// The same for ordered pairs of different actions.
void choose_transition(Scene& scene, uint64_t seed, int64_t position) {
  const size_t actions = kActions.size();
  const size_t pairs = actions * (actions - 1);
  const int64_t block = position / static_cast<int64_t>(pairs);
  const size_t within = static_cast<size_t>(position) % pairs;
  const size_t column = within % actions;
  const size_t row = within / actions;
  const std::vector<size_t> order = block_order(seed, kPairBlock, block, actions);
  scene.before = order[column];
  scene.after = order[(column + 1 + row) % actions];
}

/// Extent of an action that is done `times` times between two frames: rises, stays and falls once
/// each time.
int64_t extent_at(int64_t frame, int64_t begin, int64_t end, int64_t times) {
  if (frame < begin || frame >= end) return 0;
  const int64_t phase = (frame - begin) * times * 1000 / (end - begin) % 1000;
  const int64_t triangle = 1000 - std::abs(2 * phase - 1000);  // 0 .. 1000 .. 0
  return std::clamp<int64_t>(2 * triangle - 500, 0, 1000);
}

}  // namespace

int64_t max_times(int64_t frames) { return std::min(kMaxTimes, frames / kMinFramesPerTime); }

Scene make_scene(uint64_t seed, int64_t index, int64_t frames) {
  Scene scene;
  scene.index = index;
  scene.name = fmt::format("shapes_{:05d}", index + 1);
  scene.shape = balanced_value(seed, kShapeBlock, index, kShapes.size());
  scene.color = balanced_value(seed, kColorBlock, index, kColors.size());
  scene.is_transition = index % 2 == 1;
  if (scene.is_transition) {
    choose_transition(scene, seed, index / 2);
  } else {
    choose_repetition(scene, seed, index / 2, frames);
  }
  data::SeededRandom random({seed, kLooks, static_cast<uint64_t>(index)});
  const auto between = [&](int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random.below(static_cast<uint64_t>(high - low + 1)));
  };
  scene.radius = between(290, 330);
  scene.center_x = between(470, 530);
  scene.center_y = between(470, 530);
  scene.background = between(90, 160);
  scene.turn_degrees = between(-15, 15);
  scene.start = between(0, 1000);
  return scene;
}

Pose pose_at(const Scene& scene, int64_t frame, int64_t frames) {
  if (!scene.is_transition) {
    const int64_t spare = std::min(frames - kMinFramesPerTime * scene.times, frames / 8);
    return {false, scene.action, extent_at(frame, spare * scene.start / 1000, frames, scene.times)};
  }
  const int64_t dark_frames = std::max<int64_t>(2, frames / 12);
  const int64_t dark_begin =
      frames * (420 + scene.start / 10) / 1000;  // at 42 % to 52 % of the clip
  const int64_t dark_end = dark_begin + dark_frames;
  if (frame < dark_begin)
    return {false, scene.before, extent_at(frame, 0, dark_begin, kTimesInHalf)};
  if (frame < dark_end) return {true, scene.after, 0};
  return {false, scene.after, extent_at(frame, dark_end, frames, kTimesInHalf)};
}

}  // namespace vidqa::benchmarks::synthetic
