#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <omp.h>
#include <opencv2/core.hpp>
#include <sys/wait.h>
#include <torch/torch.h>
#include <unistd.h>

#include "features/extractor.h"
#include "features/video_writer.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {

/// A video of 10 frames a second, 32 pixels high; `seed` decides its colours.
inline void write_video(const std::filesystem::path& path, int frames, int seed, int width = 48) {
  std::filesystem::create_directories(path.parent_path());
  VideoWriter writer(path.string(), {width, 32, 10, 20});
  for (int i = 0; i < frames; ++i)
    writer.write(cv::Mat(32, width, CV_8UC3,
                         cv::Scalar(40 * seed % 256, 10 * i % 256, (90 + 7 * seed) % 256)));
  writer.close();
}

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What `action` throws, without a stack trace; empty when it throws nothing.
inline std::string reason_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// Mean and greatest value of every channel: (n, 6).
inline torch::Tensor channel_statistics(const torch::Tensor& images) {
  const torch::Tensor pixels = images.flatten(2);
  return torch::cat({pixels.mean(2), std::get<0>(pixels.max(2))}, 1);
}

/// A network that can be computed by hand: 16x16 images -> 6 numbers.
inline FeatureNetwork statistics_network(
    std::function<torch::Tensor(const torch::Tensor&)> forward = channel_statistics) {
  FeatureNetwork network{"statistics", "none", "none", std::move(forward), {}};
  network.input.transform.preset = "custom";
  network.input.transform.resize_size = network.input.transform.crop_size = 16;
  return network;
}

/// Runs `action` in a process of its own; its exit code is what `action` returns.
template <typename Action>
pid_t in_child(const Action& action) {
  const pid_t child = fork();
  if (child != 0) return child;
  // The parent's other threads are not here: OpenMP would wait for them for ever.
  omp_set_num_threads(1);
  int code = 99;
  try {
    code = action();
  } catch (const std::exception& error) {
    fprintf(stderr, "in the child: %s\n", error.what());
  }
  _exit(code);
}

/// Exit code; -1 when a signal ended it.
inline int exit_code_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Four videos, named a to d, of 12, 1, 25 and 8 frames.
class ExtractionFixture : public ::testing::Test {
 protected:
  ExtractionFixture() {
    const int lengths[] = {12, 1, 25, 8};
    for (int i = 0; i < 4; ++i)
      write_video(videos() / (std::string(1, static_cast<char>('a' + i)) + ".mp4"), lengths[i], i);
    options_.videos = {videos().string()};
    options_.output = folder_.file("features.h5");
    options_.type = FeatureType::kFloat32;
    options_.batch_size = 4;
  }
  std::filesystem::path videos() const { return folder_.path() / "videos"; }
  std::string video(const std::string& name) const { return (videos() / name).string(); }
  ExtractResult run() { return extract(options_, statistics_network(), {}); }
  std::filesystem::path parts() const { return options_.output + ".parts"; }
  bool has_parts() const { return std::filesystem::exists(parts()); }
  std::string failures() const { return options_.output + ".failures.csv"; }
  /// The output of a run that nothing disturbs, made in a folder of its own.
  std::string undisturbed() const {
    ExtractOptions options = options_;
    options.output = folder_.file("undisturbed.h5");
    extract(options, statistics_network(), {});
    return content_of(folder_.file("undisturbed.h5"));
  }

  testing::TempDir folder_;
  ExtractOptions options_;
};

}  // namespace vidqa::features
