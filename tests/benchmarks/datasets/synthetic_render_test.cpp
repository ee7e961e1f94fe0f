#include "benchmarks/datasets/synthetic_render.h"

#include <cmath>
#include <string_view>

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "tests/benchmarks/datasets/synthetic_clip.h"

namespace vidqa::benchmarks::synthetic {
namespace {

constexpr int64_t kSize = 64;

/// Share of the frame whose pixels are far from grey, or far from the ground's greys.
double shape_share(const cv::Mat& image, const Scene& scene) {
  int64_t pixels = 0;
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      const auto& rgb = image.at<cv::Vec3b>(y, x);
      double distance = 0;
      for (int c = 0; c < 3; ++c)
        distance += std::abs(rgb[c] - static_cast<double>(scene.background + 10));
      pixels += distance > 75 ? 1 : 0;
    }
  }
  return static_cast<double>(pixels) / static_cast<double>(image.total());
}

/// The first repetition clip whose action is `phrase`, and the times of its rest and of its height.
struct Example {
  Scene scene;
  int64_t rest = -1;
  int64_t height = -1;
};

Example example_of(std::string_view phrase) {
  for (int64_t i = 0;; i += 2) {
    Example example{make_scene(1, i, kFrames)};
    if (kActions.at(example.scene.action).phrase != phrase) continue;
    for (int64_t t = kFrames - 1; t >= 0; --t) {
      const int64_t extent = pose_at(example.scene, t, kFrames).extent;
      if (extent == 0) example.rest = t;
      if (extent == 1000) example.height = t;
    }
    return example;
  }
}

cv::Scalar center_color(const Example& example, int64_t frame) {
  const cv::Mat image = render(example.scene, frame, kFrames, kSize);
  return cv::mean(image(cv::Rect(28, 24, 8, 16)));
}

TEST(SyntheticRender, ShapeAtRestCoversAFifthToHalfOfTheFrame) {
  for (int64_t i = 0; i < 48; i += 2) {
    const Scene scene = make_scene(3, i, kFrames);
    const double share = shape_share(render(scene, kFrames - 1, kFrames, kSize), scene);
    if (pose_at(scene, kFrames - 1, kFrames).extent > 0) continue;
    EXPECT_GT(share, 0.2) << kShapes.at(scene.shape);
    EXPECT_LT(share, 0.5) << kShapes.at(scene.shape);
  }
}

TEST(SyntheticRender, EveryActionChangesThePictureAsItsNameSays) {
  const auto share = [](const Example& example, int64_t frame) {
    return shape_share(render(example.scene, frame, kFrames, kSize), example.scene);
  };
  const Example blink = example_of("blink");
  EXPECT_EQ(share(blink, blink.height), 0);
  const Example grow = example_of("grow");
  EXPECT_GT(share(grow, grow.height), 1.5 * share(grow, grow.rest));
  const Example shrink = example_of("shrink");
  EXPECT_LT(share(shrink, shrink.height), 0.35 * share(shrink, shrink.rest));
  const Example white = example_of("turn white");
  const Example black = example_of("turn black");
  const Example aside = example_of("move aside");
  EXPECT_LT(share(aside, aside.height), 0.8 * share(aside, aside.rest));  // partly out of the frame
  EXPECT_GT(share(aside, aside.height), 0.2 * share(aside, aside.rest));
  for (int c = 0; c < 3; ++c) {
    EXPECT_GT(center_color(white, white.height)[c], 240);
    EXPECT_LT(center_color(black, black.height)[c], 25);
  }
}

TEST(SyntheticRender, DarkFramesShowNothing) {
  const Scene scene = make_scene(1, 1, kFrames);
  for (int64_t t = 0; t < kFrames; ++t) {
    double brightest = 0;
    cv::minMaxLoc(render(scene, t, kFrames, kSize).reshape(1), nullptr, &brightest);
    EXPECT_EQ(brightest < 25, pose_at(scene, t, kFrames).is_dark) << "frame " << t;
  }
}

TEST(SyntheticRender, ColorsAreTheirNames) {
  for (int64_t i = 0; i < 12; ++i) {
    const Scene scene = make_scene(1, i, kFrames);
    const cv::Vec3b rgb = render(scene, 0, kFrames, kSize).at<cv::Vec3b>(32, 32);
    const std::string_view color = kColors.at(scene.color);
    EXPECT_EQ(rgb[0] > 140,
              color == "red" || color == "yellow" || color == "purple" || color == "orange")
        << color;
    EXPECT_EQ(rgb[1] > 100, color == "green" || color == "yellow" || color == "orange") << color;
    EXPECT_EQ(rgb[2] > 100, color == "blue" || color == "purple") << color;
  }
}

}  // namespace
}  // namespace vidqa::benchmarks::synthetic
