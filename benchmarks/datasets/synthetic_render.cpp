#include "benchmarks/datasets/synthetic_render.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace vidqa::benchmarks::synthetic {
namespace {

using Rgb = std::array<int64_t, 3>;

constexpr std::array<Rgb, kColors.size()> kColorValues = {
    {{225, 30, 35}, {25, 170, 60}, {35, 70, 225}, {245, 220, 40}, {150, 40, 190}, {250, 130, 20}}};
constexpr Rgb kWhite = {250, 250, 250};
constexpr Rgb kBlack = {12, 12, 12};
constexpr double kPi = 3.14159265358979323846;
constexpr int kFractionBits = 4;  // OpenCV takes points in sixteenths of a pixel

struct Corner {
  double radius;  ///< relative to the circle's, so that all shapes are of similar area
  double turns;   ///< clockwise from the top
};

std::vector<Corner> corners_of(std::string_view shape) {
  const auto regular = [](int count, double radius, double first) {
    std::vector<Corner> corners;
    for (int i = 0; i < count; ++i)
      corners.push_back({radius, first + static_cast<double>(i) / count});
    return corners;
  };
  if (shape == "square") return regular(4, 1.25, 0.125);
  if (shape == "triangle") return regular(3, 1.45, 0);
  std::vector<Corner> corners = regular(shape == "star" ? 10 : 64, 1, 0);
  if (shape == "star")
    for (size_t i = 0; i < corners.size(); ++i) corners[i].radius = i % 2 == 0 ? 1.4 : 0.6;
  return corners;
}

/// Coverage of every pixel by the shape, 0..255. `shift`: to the right, as a share of the frame.
cv::Mat draw_mask(const Scene& scene, int64_t size, double scale, double shift) {
  const auto pixels = static_cast<double>(size);
  const double radius = static_cast<double>(scene.radius) / 1000 * pixels * scale;
  const double center_x = (static_cast<double>(scene.center_x) / 1000 + shift) * pixels;
  const double center_y = static_cast<double>(scene.center_y) / 1000 * pixels;
  std::vector<cv::Point> points;
  for (const Corner& corner : corners_of(kShapes.at(scene.shape))) {
    const double angle = 2 * kPi * (corner.turns + static_cast<double>(scene.turn_degrees) / 360);
    const double x = center_x + radius * corner.radius * std::sin(angle);
    const double y = center_y - radius * corner.radius * std::cos(angle);
    points.emplace_back(static_cast<int>(std::lround(x * (1 << kFractionBits))),
                        static_cast<int>(std::lround(y * (1 << kFractionBits))));
  }
  cv::Mat mask = cv::Mat::zeros(static_cast<int>(size), static_cast<int>(size), CV_8UC1);
  cv::fillPoly(mask, std::vector<std::vector<cv::Point>>{points}, cv::Scalar(255), cv::LINE_AA,
               kFractionBits);
  return mask;
}

int64_t blend(int64_t from, int64_t to, int64_t share, int64_t whole) {
  return from + (to - from) * share / whole;
}

}  // namespace

cv::Mat render(const Scene& scene, int64_t frame, int64_t frames, int64_t size) {
  const Pose pose = pose_at(scene, frame, frames);
  const std::string_view action = kActions.at(pose.action).phrase;
  double scale = 1;
  if (action == "grow") scale += 0.4 * static_cast<double>(pose.extent) / 1000;
  if (action == "shrink") scale -= 0.6 * static_cast<double>(pose.extent) / 1000;
  const double shift = action == "move aside" ? 0.5 * static_cast<double>(pose.extent) / 1000 : 0;
  const int64_t opacity = action == "blink" ? 1000 - pose.extent : 1000;

  const bool is_repainted = action == "turn white" || action == "turn black";
  const Rgb& target = action == "turn white" ? kWhite : kBlack;
  const Rgb& color = kColorValues.at(scene.color);
  const cv::Mat mask = draw_mask(scene, size, scale, shift);
  cv::Mat image(static_cast<int>(size), static_cast<int>(size), CV_8UC3);
  for (int y = 0; y < image.rows; ++y) {
    const int64_t ground = scene.background + 20 * y / image.rows;  // lighter towards the bottom
    for (int x = 0; x < image.cols; ++x) {
      for (int c = 0; c < 3; ++c) {
        const auto channel = static_cast<size_t>(c);
        const int64_t paint = is_repainted
                                  ? blend(color[channel], target[channel], pose.extent, 1000)
                                  : color[channel];
        const int64_t lit = blend(ground, paint, mask.at<uint8_t>(y, x) * opacity, 255 * 1000);
        image.at<cv::Vec3b>(y, x)[c] = static_cast<uint8_t>(pose.is_dark ? lit / 12 : lit);
      }
    }
  }
  return image;
}

}  // namespace vidqa::benchmarks::synthetic
