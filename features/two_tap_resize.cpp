#include "features/two_tap_resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <c10/util/Exception.h>
#include <opencv2/core.hpp>

namespace vidqa::features {
namespace {

/// Two neighbouring pixels and their weights, which are 0 where there is no pixel.
struct TwoTaps {
  int first = 0, second = 0;
  float first_weight = 0, second_weight = 0;
};

/// For the output pixels begin .. begin + count - 1 when `in` pixels become `out`.
std::vector<TwoTaps> make_two_taps(int in, int out, int begin, int count, Outside outside) {
  std::vector<TwoTaps> taps;
  for (int i = begin; i < begin + count; ++i) {
    double source = (i + 0.5) * in / out - 0.5;
    if (outside == Outside::kEdge) source = std::clamp(source, 0.0, in - 1.0);
    const double floor = std::floor(source);
    const int first = static_cast<int>(floor);
    const auto fraction = static_cast<float>(source - floor);
    const auto exists = [in](int pixel) { return pixel >= 0 && pixel < in; };
    taps.push_back({std::clamp(first, 0, in - 1), std::clamp(first + 1, 0, in - 1),
                    exists(first) ? 1 - fraction : 0, exists(first + 1) ? fraction : 0});
  }
  return taps;
}

}  // namespace

cv::Mat resize_two_taps(const cv::Mat& image, cv::Size size, const cv::Rect& crop,
                        Outside outside) {
  TORCH_CHECK(image.type() == CV_8UC3 && !image.empty(),
              "resize_two_taps: needs an 8-bit RGB image, got type ", image.type(), " of ",
              image.cols, " x ", image.rows);
  TORCH_CHECK(!crop.empty() && (crop & cv::Rect({0, 0}, size)) == crop,
              "resize_two_taps: the crop ", crop.width, " x ", crop.height, " at (", crop.x, ", ",
              crop.y, ") must lie within ", size.width, " x ", size.height);
  const auto columns = make_two_taps(image.cols, size.width, crop.x, crop.width, outside);
  const auto rows = make_two_taps(image.rows, size.height, crop.y, crop.height, outside);
  cv::Mat result(crop.height, crop.width, CV_32FC3);
  for (int y = 0; y < crop.height; ++y) {
    const TwoTaps& row = rows[static_cast<size_t>(y)];
    const auto* upper = image.ptr<cv::Vec3b>(row.first);
    const auto* lower = image.ptr<cv::Vec3b>(row.second);
    auto* out = result.ptr<cv::Vec3f>(y);
    for (int x = 0; x < crop.width; ++x) {
      const TwoTaps& column = columns[static_cast<size_t>(x)];
      for (int c = 0; c < 3; ++c) {
        const float above = column.first_weight * upper[column.first][c] +
                            column.second_weight * upper[column.second][c];
        const float below = column.first_weight * lower[column.first][c] +
                            column.second_weight * lower[column.second][c];
        out[x][c] = row.first_weight * above + row.second_weight * below;
      }
    }
  }
  return result;
}

}  // namespace vidqa::features
