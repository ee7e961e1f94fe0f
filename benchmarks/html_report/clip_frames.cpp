#include "benchmarks/html_report/clip_frames.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "features/bilinear_resize.h"
#include "features/frame_sampler.h"
#include "features/video_files.h"
#include "features/video_reader.h"

namespace vidqa::benchmarks {
namespace {

std::string small_jpeg(const cv::Mat& rgb, const ClipFrameOptions& options) {
  const double scale = std::min(1.0, static_cast<double>(options.width) / rgb.cols);
  const cv::Size size(std::max(1, static_cast<int>(std::lround(rgb.cols * scale))),
                      std::max(1, static_cast<int>(std::lround(rgb.rows * scale))));
  cv::Mat bgr;
  cv::cvtColor(features::resize_bilinear(rgb, size, cv::Rect(cv::Point(), size)), bgr,
               cv::COLOR_RGB2BGR);
  std::vector<unsigned char> bytes;
  TORCH_CHECK(cv::imencode(".jpg", bgr, bytes, {cv::IMWRITE_JPEG_QUALITY, options.jpeg_quality}),
              "clip frames: this OpenCV writes no JPEG");
  return {bytes.begin(), bytes.end()};
}

}  // namespace

ClipFrames read_clip_frames(const std::string& path, const ClipFrameOptions& options) {
  features::FrameSamplerOptions sampling;
  sampling.name = "uniform";
  sampling.num_frames = options.num_frames;
  const std::unique_ptr<features::FrameSampler> sampler = features::make_frame_sampler(sampling);
  ClipFrames clip;
  std::vector<double> seconds;
  features::VideoReader times(path);
  while (times.grab()) seconds.push_back(times.seconds());
  clip.duration_seconds = times.end_seconds();
  sampler->begin(seconds, clip.duration_seconds);
  features::VideoReader reader(path);
  while (reader.grab()) {
    if (sampler->rows(reader.seconds()) > 0)  // a frame that stands for several times once
      clip.frames.push_back({reader.seconds(), small_jpeg(reader.retrieve(), options)});
  }
  return clip;
}

ClipLibrary::ClipLibrary(const std::string& folder) : folder_(folder) {
  if (folder.empty()) return;
  for (const features::VideoFile& video : features::find_videos({folder}))
    paths_[video.stem] = video.path;
}

const ClipFrames* ClipLibrary::find(const std::string& name) {
  if (paths_.empty()) return nullptr;
  const auto path = paths_.find(name);
  const auto [clip, is_new] = read_.try_emplace(name);
  if (is_new && path == paths_.end())
    faults_.push_back(fmt::format("'{}' holds no video named '{}'", folder_, name));
  if (is_new && path != paths_.end()) {
    try {
      clip->second = read_clip_frames(path->second, {});
    } catch (const features::VideoError& error) {
      faults_.push_back(error.what());
    }
  }
  return clip->second.frames.empty() ? nullptr : &clip->second;
}

}  // namespace vidqa::benchmarks
