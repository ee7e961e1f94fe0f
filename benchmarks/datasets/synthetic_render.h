#pragma once

#include <cstdint>

#include <opencv2/core/mat.hpp>

#include "benchmarks/datasets/synthetic_scene.h"

namespace vidqa::benchmarks::synthetic {

/// The scene at one of `frames` times: size x size, CV_8UC3, RGB. Large saturated shape on a
/// neutral ground.
cv::Mat render(const Scene& scene, int64_t frame, int64_t frames, int64_t size);

}  // namespace vidqa::benchmarks::synthetic
