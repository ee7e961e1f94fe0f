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
#include "features/video_files.h"
#include "features/video_reader.h"

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

FrameTransformOptions frames_of(const ExtractOptions& options) {
  FrameOverrides overrides;
  overrides.resize = options.resize;
  overrides.resize_size = options.resize_size;
  overrides.crop_size = options.crop_size;
  return resolve_frame_transform(frame_preset("torchvision-v1"), overrides);
}

class Extraction {
 public:
  Extraction(const ExtractOptions& options, const FeatureNetwork& network,
             const ExtractObserver& observer)
      : options_(options),
        network_(network),
        observer_(observer),
        sampler_(make_frame_sampler({options.sampler, options.fps, options.num_frames})),
        transform_(frames_of(options)) {
    TORCH_CHECK(options.batch_size >= 1, "extract: batch_size must be at least 1, got ",
                options.batch_size);
    TORCH_CHECK(!options.videos.empty(), "extract: no videos given");
  }

  ExtractResult run();

 private:
  /// What decides the numbers; keys are the names of options. Batch size and device are not among
  /// them: they may change the last bits, and are kept with every clip.
  Attributes recipe() const;
  void start_sampler(const VideoFile& video);
  void extract_clip(const VideoFile& video, ExtractionOutput& output);
  void report(const std::string& clip) const {
    if (observer_.on_progress)
      observer_.on_progress(clips_done_, clips_total_, result_.frames + clip_frames_, clip);
  }

  const ExtractOptions& options_;
  const FeatureNetwork& network_;
  const ExtractObserver& observer_;
  std::unique_ptr<FrameSampler> sampler_;
  FrameTransform transform_;
  ExtractResult result_;
  int64_t clips_done_ = 0;
  int64_t clips_total_ = 0;
  int64_t clip_frames_ = 0;  // of the clip in work
};

Attributes Extraction::recipe() const {
  Attributes recipe = {{"backbone", network_.name},
                       {"weights_hash", network_.weights_hash},
                       {"sampler", options_.sampler},
                       {"resize", options_.resize},
                       {"crop_size", options_.crop_size}};
  if (options_.sampler == "fps") recipe["fps"] = options_.fps;
  if (options_.sampler == "uniform") recipe["num_frames"] = options_.num_frames;
  if (options_.resize != "squash") recipe["resize_size"] = options_.resize_size;
  return recipe;
}

void Extraction::start_sampler(const VideoFile& video) {
  std::vector<double> seconds;
  double end_seconds = 0;
  if (sampler_->needs_times()) {
    VideoReader reader(video.path);
    while (reader.grab()) seconds.push_back(reader.seconds());
    end_seconds = reader.end_seconds();
  }
  sampler_->begin(seconds, end_seconds);
}

void Extraction::extract_clip(const VideoFile& video, ExtractionOutput& output) {
  start_sampler(video);
  VideoReader reader(video.path);
  ClipRows rows(network_, options_.batch_size);
  while (reader.grab()) {
    const int64_t count = sampler_->rows(reader.seconds());
    if (count == 0) continue;
    const torch::Tensor image = transform_(reader.retrieve());
    for (int64_t i = 0; i < count; ++i) {
      const bool ran = rows.add(image, reader.seconds());
      clip_frames_ = rows.size();
      if (ran) report(video.stem);
    }
  }
  const torch::Tensor features = rows.finish();
  if (!torch::isfinite(features).all().item<bool>())
    throw VideoError(
        fmt::format("'{}' gives features with NaN or Inf; check the weights", video.path));
  output.write(video, features, rows.times_seconds(),
               {{"weights", network_.weights},
                {"preprocessing", transform_.description()},
                {"program", "vidqa " VIDQA_VERSION},
                {"batch_size", options_.batch_size},
                {"device", options_.device},
                {"frames_decoded", reader.frames()},
                {"decode_errors", reader.decode_errors()},
                {"duration_seconds", reader.end_seconds()}});
  if (reader.decode_errors() > 0 && observer_.on_message)
    observer_.on_message(fmt::format("'{}' is damaged: {} errors in {} frames", video.path,
                                     reader.decode_errors(), reader.frames()));
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
  BackboneOptions backbone_options;
  backbone_options.name = options.backbone;
  backbone_options.weights = options.weights;
  backbone_options.device = options.device;
  const LoadedBackbone backbone = make_backbone(backbone_options);
  const FeatureNetwork network{options.backbone, backbone.weights_description,
                               backbone.weights_hash,
                               [&](const torch::Tensor& images) { return backbone.rows(images); }};
  return extract(options, network, observer);
}

}  // namespace vidqa::features
