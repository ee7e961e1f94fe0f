#include "benchmarks/html_report/clip_frames.h"

#include <algorithm>
#include <cmath>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "features/bilinear_resize.h"
#include "features/sampled_frames.h"
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
  features::SampledFramesOptions sampling;
  sampling.sampler.name = "uniform";
  sampling.sampler.num_frames = options.num_frames;
  features::SampledFrames frames(path, sampling);
  ClipFrames clip;
  while (const auto frame = frames.next())  // one that stands for several rows is shown once
    clip.frames.push_back({frame->seconds, small_jpeg(frame->rgb, options)});
  clip.duration_seconds = frames.report().end_seconds;
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
