#include "features/extractor.h"

#include <chrono>
#include <filesystem>

#include <fmt/format.h>
#include <torch/torch.h>

#include "features/backbone.h"
#include "features/extraction_output.h"
#include "features/feature_writer.h"
#include "features/frame_sampler.h"
#include "features/frame_transform.h"
#include "features/sampled_frames.h"
#include "features/video_files.h"

namespace vidqa::features {
namespace {

/// Rows of one clip in the making: frames are gathered into batches that depend on the clip alone.
class ClipRows {
 public:
  ClipRows(const FeatureNetwork& network, int64_t batch_size)
      : network_(network), batch_size_(batch_size) {}

  /// Returns true when a batch went through the network.
  bool add(const torch::Tensor& image, double seconds) {
    images_.push_back(image);
    times_seconds_.push_back(seconds);
    if (static_cast<int64_t>(images_.size()) < batch_size_) return false;
    run();
    return true;
  }
  /// (n, D) float32.
  torch::Tensor finish() {
    if (!images_.empty()) run();
    return torch::cat(features_, 0);
  }
  int64_t size() const { return static_cast<int64_t>(times_seconds_.size()); }
  const std::vector<double>& times_seconds() const { return times_seconds_; }

 private:
  void run() {
    const torch::NoGradGuard no_grad;
    const torch::Tensor features =
        network_.forward(torch::stack(images_)).to(torch::kCPU, torch::kFloat32);
    TORCH_CHECK(features.dim() == 2 && features.size(0) == static_cast<int64_t>(images_.size()),
                "backbone ", network_.name, " must give (n, D), got ", features.sizes(), " for ",
                images_.size(), " images");
    features_.push_back(features);
    images_.clear();
  }

  const FeatureNetwork& network_;
  int64_t batch_size_;
  std::vector<torch::Tensor> images_;    // of the batch in the making, (3, H, W) each
  std::vector<torch::Tensor> features_;  // (<= batch_size, D) each
  std::vector<double> times_seconds_;
};

class Extraction {
 public:
  Extraction(const ExtractOptions& options, const FeatureNetwork& network,
             const ExtractObserver& observer)
      : options_(options),
        network_(network),
        observer_(observer),
        sampler_(parse_frame_sampler(options.sampler, options.fps)),
        transform_({options.resize, options.resize_size, options.crop_size}) {
    TORCH_CHECK(options.batch_size >= 1, "extract: batch_size must be at least 1, got ",
                options.batch_size);
    TORCH_CHECK(!options.videos.empty(), "extract: no videos given");
  }

  ExtractResult run();

 private:
  /// What decides the numbers; keys are the names of options. Batch size and device are not among
  /// them: they may change the last bits, and are kept with every clip.
  Attributes recipe() const;
  void extract_clip(const VideoFile& video, ExtractionOutput& output);
  void report(const std::string& clip) const {
    if (observer_.on_progress)
      observer_.on_progress(clips_done_, clips_total_, result_.frames + clip_frames_, clip);
  }

  const ExtractOptions& options_;
  const FeatureNetwork& network_;
  const ExtractObserver& observer_;
  FrameSamplerOptions sampler_;
  FrameTransform transform_;
  ExtractResult result_;
  int64_t clips_done_ = 0;
  int64_t clips_total_ = 0;
  int64_t clip_frames_ = 0;  // of the clip in work
};

Attributes Extraction::recipe() const {
  Attributes recipe = {{"backbone", network_.name},
                       {"weights_hash", network_.weights_hash},
                       {"sampler", to_string(sampler_)},
                       {"resize", options_.resize},
                       {"crop_size", options_.crop_size}};
  if (uses_fps(sampler_)) recipe["fps"] = options_.fps;
  if (options_.resize != "squash") recipe["resize_size"] = options_.resize_size;
  return recipe;
}

void Extraction::extract_clip(const VideoFile& video, ExtractionOutput& output) {
  SampledFrames frames(video.path, {{}, sampler_});
  ClipRows rows(network_, options_.batch_size);
  while (const std::optional<SampledFrame> frame = frames.next()) {
    const torch::Tensor image = transform_(frame->rgb);
    for (int64_t i = 0; i < frame->repeat; ++i) {
      const bool ran = rows.add(image, frame->seconds);
      clip_frames_ = rows.size();
      if (ran) report(video.stem);
    }
  }
  const DecodeReport decoded = frames.report();
  if (decoded.partial) throw VideoError(decoded.partial_reason);
  const torch::Tensor features = rows.finish();
  if (!torch::isfinite(features).all().item<bool>())
    throw VideoError(
        fmt::format("'{}' gives features with NaN or Inf; check the weights", video.path));
  output.write(
      video, features, rows.times_seconds(),
      {{"weights", network_.weights},
       {"preprocessing", transform_.description() + ", RGB / 255, mean and deviation of ImageNet"},
       {"program", "vidqa " VIDQA_VERSION},
       {"batch_size", options_.batch_size},
       {"device", options_.device},
       {"frames_decoded", decoded.decoded_frames},
       {"decode_errors", decoded.decode_errors},
       {"duration_seconds", decoded.end_seconds}});
  if (decoded.decode_errors > 0 && observer_.on_message)
    observer_.on_message(fmt::format("'{}' is damaged: {} errors in {} frames", video.path,
                                     decoded.decode_errors, decoded.decoded_frames));
  result_.frames += rows.size();
  ++result_.done;
}

ExtractResult Extraction::run() {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<VideoFile> videos = find_videos(options_.videos);
  for (const VideoFile& video : videos)
    TORCH_CHECK(is_clip_name(video.stem), "'", video.path, "' cannot become a clip named '",
                video.stem, "'; rename the video");
  clips_total_ = static_cast<int64_t>(videos.size());
  ExtractionOutput output(options_.output, recipe());
  for (const VideoFile& video : videos) {
    try {
      if (output.is_done(video))
        ++result_.skipped;
      else
        extract_clip(video, output);
    } catch (const VideoError& error) {
      result_.failures.push_back({video.path, error.what()});
      if (observer_.on_message) observer_.on_message(error.what());
    }
    clip_frames_ = 0;
    ++clips_done_;
    report(video.stem);
  }
  output.finish(result_.failures);
  result_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result_;
}

}  // namespace

ExtractResult extract(const ExtractOptions& options, const FeatureNetwork& network,
                      const ExtractObserver& observer) {
  return Extraction(options, network, observer).run();
}

ExtractResult extract(const ExtractOptions& options, const ExtractObserver& observer) {
  const LoadedBackbone backbone = make_backbone(options.backbone, options.weights);
  const torch::Device device(options.device);
  backbone.network->to(device);
  const FeatureNetwork network{
      options.backbone, backbone.weights_description, backbone.weights_hash,
      [&](const torch::Tensor& images) { return backbone.network->forward(images.to(device)); }};
  return extract(options, network, observer);
}

}  // namespace vidqa::features
