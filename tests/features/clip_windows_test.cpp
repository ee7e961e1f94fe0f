#include "features/clip_windows.h"

#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "tests/testing/errors.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Numbers = std::vector<int64_t>;

struct Result {
  std::vector<Numbers> windows;  ///< numbers of their frames
  std::vector<double> seconds;
};

/// Windows of a video whose frame i is a 2x2 image of i's at second i / 4.
Result windows_of(int64_t frames, const ClipWindowOptions& options) {
  Result result;
  const auto add = [&](const std::vector<ClipWindow>& windows) {
    for (const ClipWindow& window : windows) {
      EXPECT_EQ(window.frames.sizes(), (std::vector<int64_t>{3, options.length, 2, 2}));
      const torch::Tensor numbers = window.frames[0].flatten(1).select(1, 0).to(torch::kInt64);
      EXPECT_TRUE(
          torch::equal(window.frames[2].flatten(1).select(1, 3).to(torch::kInt64), numbers));
      const auto* begin = numbers.contiguous().data_ptr<int64_t>();
      result.windows.emplace_back(begin, begin + options.length);
      result.seconds.push_back(window.seconds);
    }
  };
  ClipWindows windows(options);
  for (int64_t i = 0; i < frames; ++i)
    add(windows.push(torch::full({3, 2, 2}, static_cast<double>(i), torch::kFloat32),
                     static_cast<double>(i) / 4));
  add(windows.finish());
  return result;
}

TEST(ClipWindows, CentreGivesTheWindowsOfThePublishedC3d) {
  // Frames t - 8 .. t + 7 with the ends repeated: for t = 0 nine times 0, then 1 to 7; for the last
  // of T frames T - 9 .. T - 1, then T - 1 seven times.
  const Result result = windows_of(20, {16, 1, EdgeRule::kCentre});
  ASSERT_EQ(result.windows.size(), 20U);
  EXPECT_THAT(result.windows.front(), ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(result.windows[8], ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  EXPECT_THAT(result.windows.back(),
              ElementsAre(11, 12, 13, 14, 15, 16, 17, 18, 19, 19, 19, 19, 19, 19, 19, 19));
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(result.seconds[i], static_cast<double>(i) / 4);
}

TEST(ClipWindowsGolden, CentreGivesTheClipsOfTheReleasedCode) {
  const auto files = vidqa::testing::golden_files("hme", "data_frame_sampling", ".json");
  if (files.empty()) GTEST_SKIP() << "needs golden/hme/data_frame_sampling.json";
  const auto golden = nlohmann::json::parse(std::ifstream(files.front())).at("c3d_clips");
  ASSERT_FALSE(golden.at("cases").empty());
  for (const auto& item : golden.at("cases")) {
    const auto clips = item.at("clips").get<std::vector<Numbers>>();
    EXPECT_EQ(windows_of(item.at("n"), {16, 1, EdgeRule::kCentre}).windows, clips) << item.at("n");
  }
}

TEST(ClipWindows, ShortVideosKeepARowAFrame) {
  const Result result = windows_of(3, {16, 1, EdgeRule::kCentre});
  ASSERT_EQ(result.windows.size(), 3U);
  EXPECT_THAT(result.windows[1], ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2));
}

TEST(ClipWindows, DropLeavesTheRemainderOut) {
  const Result result = windows_of(11, {4, 4, EdgeRule::kDrop});
  EXPECT_THAT(result.windows, ElementsAre(Numbers{0, 1, 2, 3}, Numbers{4, 5, 6, 7}));
  EXPECT_THAT(result.seconds, ElementsAre(0.5, 1.5));
  EXPECT_THAT(windows_of(3, {4, 4, EdgeRule::kDrop}).windows, IsEmpty());
  EXPECT_THAT(windows_of(6, {4, 1, EdgeRule::kDrop}).windows,
              ElementsAre(Numbers{0, 1, 2, 3}, Numbers{1, 2, 3, 4}, Numbers{2, 3, 4, 5}));
}

TEST(ClipWindows, RepeatLastFillsBegunWindows) {
  const Result result = windows_of(9, {4, 4, EdgeRule::kRepeatLast});
  EXPECT_THAT(result.windows,
              ElementsAre(Numbers{0, 1, 2, 3}, Numbers{4, 5, 6, 7}, Numbers{8, 8, 8, 8}));
  EXPECT_THAT(result.seconds, ElementsAre(0.5, 1.5, 2.0));
  EXPECT_THAT(windows_of(8, {4, 4, EdgeRule::kRepeatLast}).windows,
              ElementsAre(Numbers{0, 1, 2, 3}, Numbers{4, 5, 6, 7}));
}

TEST(ClipWindows, LoopStartsTheVideoAnew) {
  EXPECT_THAT(windows_of(10, {4, 4, EdgeRule::kLoop}).windows,
              ElementsAre(Numbers{0, 1, 2, 3}, Numbers{4, 5, 6, 7}, Numbers{8, 9, 0, 1}));
  EXPECT_THAT(windows_of(2, {5, 5, EdgeRule::kLoop}).windows, ElementsAre(Numbers{0, 1, 0, 1, 0}));
}

TEST(ClipWindows, ShiftMovesWindowsInside) {
  EXPECT_THAT(windows_of(6, {4, 1, EdgeRule::kShift}).windows,
              ElementsAre(Numbers{0, 1, 2, 3}, Numbers{0, 1, 2, 3}, Numbers{0, 1, 2, 3},
                          Numbers{1, 2, 3, 4}, Numbers{2, 3, 4, 5}, Numbers{2, 3, 4, 5}));
  EXPECT_THAT(windows_of(2, {4, 1, EdgeRule::kShift}).windows,
              ElementsAre(Numbers{0, 1, 1, 1}, Numbers{0, 1, 1, 1}));
  EXPECT_THAT(windows_of(6, {4, 1, EdgeRule::kShift}).seconds,
              ElementsAre(0, 0.25, 0.5, 0.75, 1, 1.25));
}

/// The definition, with the whole video at hand.
std::vector<Numbers> slow_windows(int64_t frames, const ClipWindowOptions& options) {
  const bool centred = options.edge == EdgeRule::kCentre || options.edge == EdgeRule::kShift;
  std::vector<Numbers> windows;
  for (int64_t anchor = 0; anchor < frames; anchor += options.stride) {
    int64_t first = centred ? anchor - options.length / 2 : anchor;
    if (options.edge == EdgeRule::kDrop && first + options.length > frames) continue;
    if (options.edge == EdgeRule::kShift)
      first = std::max<int64_t>(0, std::min(first, frames - options.length));
    Numbers& window = windows.emplace_back();
    for (int64_t i = first; i < first + options.length; ++i)
      window.push_back(options.edge == EdgeRule::kLoop ? i % frames
                                                       : std::clamp<int64_t>(i, 0, frames - 1));
  }
  return windows;
}

TEST(ClipWindows, StreamingEqualsTheDefinition) {
  for (const EdgeRule edge : {EdgeRule::kDrop, EdgeRule::kRepeatLast, EdgeRule::kLoop,
                              EdgeRule::kCentre, EdgeRule::kShift})
    for (const int64_t length : {1, 2, 5, 8})
      for (const int64_t stride : {1, 3, 8, 11})
        for (const int64_t frames : {0, 1, 4, 8, 9, 30})
          EXPECT_EQ(windows_of(frames, {length, stride, edge}).windows,
                    slow_windows(frames, {length, stride, edge}))
              << to_string(edge) << " " << length << " " << stride << " " << frames;
}

TEST(ClipWindows, StartAfreshAfterTheEnd) {
  ClipWindows windows({2, 2, EdgeRule::kLoop});
  const auto frame = [](double value) { return torch::full({3, 1, 1}, value, torch::kFloat32); };
  windows.push(frame(7), 0);
  EXPECT_EQ(windows.finish().size(), 1U);
  windows.push(frame(1), 0);
  const std::vector<ClipWindow> second = windows.finish();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_TRUE(torch::equal(second[0].frames, torch::ones({3, 2, 1, 1})));
  EXPECT_THAT(windows.finish(), IsEmpty());
}

TEST(ClipWindows, NameWhatTheyRefuse) {
  EXPECT_THAT(testing::error_of([] { parse_edge_rule("mirror"); }),
              HasSubstr("drop, repeat-last, loop, centre, shift"));
  for (const char* name : {"drop", "repeat-last", "loop", "centre", "shift"})
    EXPECT_EQ(to_string(parse_edge_rule(name)), name);
  EXPECT_THAT(testing::error_of([] { ClipWindows({0, 1, EdgeRule::kDrop}); }), HasSubstr("length"));
  EXPECT_THAT(testing::error_of([] { ClipWindows({1, 0, EdgeRule::kDrop}); }), HasSubstr("stride"));
}

}  // namespace
}  // namespace vidqa::features
