#include "features/extractor.h"

#include <algorithm>
#include <chrono>
#include <map>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include "features/clip_assembly.h"
#include "features/decoder_threads.h"
#include "features/extraction_output.h"
#include "features/feature_writer.h"
#include "features/frame_transform.h"
#include "features/progress_meter.h"
#include "features/row_batcher.h"
#include "features/video_files.h"

namespace vidqa::features {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What decides the numbers; keys are the names of options. Batch size and device are not among
/// them: they may change the last bits, and are kept with every clip.
Attributes recipe_of(const ExtractOptions& options, const FeatureNetwork& network,
                     const FrameTransform& transform) {
  const VideoReaderOptions& reader = options.frames.reader;
  Attributes recipe = {{"backbone", network.name},
                       {"weights_hash", network.weights_hash},
                       {"preset", transform.options().preset},
                       {"preprocessing", transform.description()},
                       {"sampler", to_string(options.frames.sampler)},
                       {"color", reader.color == ColorPolicy::kAuto ? "auto" : "opencv"},
                       {"stream", reader.stream ? fmt::format("{}", *reader.stream) : "best"},
                       {"image_fps", reader.image_fps},
                       {"dtype", to_string(options.type)}};
  if (uses_fps(options.frames.sampler)) recipe["fps"] = options.frames.sampler.fps;
  if (network.input.clip_length > 1) {
    recipe["window_length"] = network.input.clip_length;
    recipe["window_stride"] = options.windows.stride;
    recipe["window_edge"] = to_string(options.windows.edge);
  }
  recipe.insert(network.recipe.begin(), network.recipe.end());
  return recipe;
}

/// Videos of this run, by the order of the list.
std::vector<VideoFile> videos_of(const ExtractOptions& options) {
  TORCH_CHECK(!options.videos.empty(), "extract: no videos given");
  std::vector<VideoFile> videos;
  int64_t place = 0;
  for (const VideoFile& video : find_videos(options.videos)) {
    TORCH_CHECK(is_clip_name(video.stem), "'", video.path, "' cannot become a clip named '",
                video.stem, "'; rename the video");
    if (!options.shard || options.shard->holds(place)) videos.push_back(video);
    ++place;
  }
  return videos;
}

ExtractionOutputOptions output_options(const ExtractOptions& options, Attributes recipe) {
  return {options.output, std::move(recipe), options.type, options.allow_partial, options.shard};
}

ClipDecoderOptions decoder_options(const ExtractOptions& options, const FeatureNetwork& network) {
  ClipDecoderOptions result{options.frames, options.windows, options.timeout_seconds};
  result.windows.length = network.input.clip_length;
  ClipWindows(result.windows);  // names options out of range before any work
  make_frame_sampler(options.frames.sampler);
  return result;
}

/// Inputs of a forward pass.
int64_t batch_size_of(const ExtractOptions& options, const FeatureNetwork& network) {
  constexpr int64_t kOneOfSeveral = 4;  // so few that no thread is left with much at the end
  constexpr int64_t kAlone = 16;
  TORCH_CHECK(options.batch_size >= 0,
              "extract: batch_size must be at least 1, or 0 for what suits the device, got ",
              options.batch_size);
  if (options.batch_size > 0) return options.batch_size;
  return network.takes_batches_at_once ? kOneOfSeveral : kAlone;
}

int64_t batches_at_a_time(const FeatureNetwork& network) {
  return network.takes_batches_at_once ? NetworkThreads::batches_at_a_time(at::get_num_threads())
                                       : 1;
}

class Extraction {
 public:
  Extraction(const ExtractOptions& options, const FeatureNetwork& network,
             const ExtractObserver& observer)
      : options_(options),
        network_(network),
        observer_(observer),
        transform_(network.input.transform),
        decoder_options_(decoder_options(options, network)),
        batch_size_(batch_size_of(options, network)),
        network_threads_(network.forward, batches_at_a_time(network)),
        batcher_(network_threads_, batch_size_,
                 [this](size_t clip, const torch::Tensor& rows) { deliver(clip, rows); }),
        videos_(videos_of(options)),
        output_(output_options(options, recipe_of(options, network, transform_))) {}

  ExtractResult run();

 private:
  void take(DecoderMessage message);
  void take_end(size_t clip, const DecodedClip& decoded);
  void deliver(size_t clip, const torch::Tensor& rows);
  void keep_if_whole(size_t clip);
  void fail(size_t clip, ExtractFailure failure);
  Attributes notes_on(const DecodedClip& decoded) const;
  void count_done(size_t clip);
  void report(size_t clip);

  const ExtractOptions& options_;
  const FeatureNetwork& network_;
  const ExtractObserver& observer_;
  FrameTransform transform_;
  ClipDecoderOptions decoder_options_;
  int64_t batch_size_;
  NetworkThreads network_threads_;
  RowBatcher batcher_;
  std::vector<VideoFile> videos_;
  ExtractionOutput output_;

  ClipWriterThread* writer_ = nullptr;
  std::map<size_t, ClipAssembly> clips_;  ///< in work
  std::map<size_t, ExtractFailure> failures_;
  ExtractResult result_;
  ProgressMeter meter_;
  bool is_noted_ = false;
};

ExtractResult Extraction::run() {
  const auto start = Clock::now();
  meter_ = ProgressMeter(videos_);
  {
    // Destroyed in reverse order, also when something throws: the decoders stop first.
    ClipWriterThread writer(output_);
    DecoderThreads decoders(decoder_options_, transform_, videos_, output_, options_.decoders,
                            static_cast<size_t>((network_threads_.count() + 1) * batch_size_));
    writer_ = &writer;
    while (std::optional<DecoderMessage> message = decoders.next()) take(std::move(*message));
    batcher_.flush();
    result_.stages = decoders.finish();
    result_.decoders_left_behind = decoders.left_behind();
    result_.stages.write = writer.finish();
  }
  TORCH_CHECK(clips_.empty(), "extract: ", clips_.size(), " clips were left unfinished");
  result_.stages.network = network_threads_.busy_seconds();
  for (auto& [clip, failure] : failures_) result_.failures.push_back(std::move(failure));
  result_.merged = output_.finish();
  result_.seconds = seconds_since(start);
  return result_;
}

void Extraction::take(DecoderMessage message) {
  if (message.end.has_value()) {
    take_end(message.clip, *message.end);
    return;
  }
  ClipAssembly& clip = clips_
                           .try_emplace(message.clip, videos_[message.clip].path,
                                        output_.work_folder(), options_.type)
                           .first->second;
  clip.expect(message.input.seconds, message.input.repeat);
  meter_.advance(message.clip, message.share);
  batcher_.add(message.clip, std::move(message.input.tensor));
}

void Extraction::deliver(size_t clip, const torch::Tensor& rows) {
  if (!is_noted_ && network_.note) {
    is_noted_ = true;
    const std::string note = network_.note();
    if (!note.empty() && observer_.on_message) observer_.on_message(note);
  }
  const auto found = clips_.find(clip);
  if (found == clips_.end()) return;  // given up
  meter_.add_frames(found->second.add(rows));
  report(clip);
  keep_if_whole(clip);
}

void Extraction::take_end(size_t clip, const DecodedClip& decoded) {
  const VideoFile& video = videos_[clip];
  if (decoded.claim != ExtractionOutput::Claim::kMine) {
    ++(decoded.claim == ExtractionOutput::Claim::kDone ? result_.skipped : result_.elsewhere);
    meter_.skip(clip);
    count_done(clip);
    return;
  }
  if (decoded.failure.has_value()) {
    fail(clip, *decoded.failure);
    return;
  }
  if (decoded.report.partial && !options_.allow_partial) {
    fail(clip, {video.path, "partial", decoded.report.partial_reason});
    return;
  }
  const auto found = clips_.find(clip);
  if (found == clips_.end()) {
    fail(clip,
         {video.path, "failed",
          fmt::format("'{}' gives no rows: it has {} frames and a window {}; choose another "
                      "edge rule or sampler",
                      video.path, decoded.report.decoded_frames, network_.input.clip_length)});
    return;
  }
  if (decoded.report.partial || decoded.report.decode_errors > 0)
    if (observer_.on_message)
      observer_.on_message(decoded.report.partial
                               ? decoded.report.partial_reason
                               : fmt::format("'{}' is damaged: {} errors in {} frames", video.path,
                                             decoded.report.decode_errors,
                                             decoded.report.decoded_frames));
  found->second.end(decoded);
  batcher_.end(clip);
  keep_if_whole(clip);
}

void Extraction::keep_if_whole(size_t clip) {
  const auto found = clips_.find(clip);
  if (found == clips_.end() || !found->second.is_whole()) return;
  ClipAssembly& assembly = found->second;
  if (!assembly.fault().empty()) {
    fail(clip, {videos_[clip].path, "failed", assembly.fault()});
    return;
  }
  const DecodedClip& decoded = assembly.decoded();
  FinishedClip finished{
      videos_[clip], decoded.source, {}, assembly.times_seconds(), notes_on(decoded)};
  if (!assembly.row_shape().empty()) finished.attributes["row_shape"] = assembly.row_shape();
  result_.frames += static_cast<int64_t>(finished.times_seconds.size());
  result_.partial += decoded.report.partial ? 1 : 0;
  finished.rows = assembly.take_rows();
  clips_.erase(found);
  writer_->write(std::move(finished));
  ++result_.done;
  count_done(clip);
}

Attributes Extraction::notes_on(const DecodedClip& decoded) const {
  const DecodeReport& report = decoded.report;
  Attributes notes = {{"weights", network_.weights},
                      {"program", "vidqa " VIDQA_VERSION},
                      {"libraries", decoded.libraries},
                      {"batch_size", batch_size_},
                      {"device", options_.backbone.device},
                      {"source_sha256", decoded.source_sha256},
                      {"status", report.partial ? "partial" : "complete"},
                      {"frames_decoded", report.decoded_frames},
                      {"decode_errors", report.decode_errors},
                      {"first_seconds", report.first_seconds},
                      {"duration_seconds", report.end_seconds},
                      {"container_seconds", report.container_seconds}};
  if (report.partial) notes["partial_reason"] = report.partial_reason;
  return notes;
}

void Extraction::fail(size_t clip, ExtractFailure failure) {
  batcher_.drop(clip);
  clips_.erase(clip);
  output_.fail(videos_[clip], failure);
  if (observer_.on_message) observer_.on_message(failure.reason);
  failures_.emplace(clip, std::move(failure));
  count_done(clip);
}

void Extraction::count_done(size_t clip) {
  meter_.finish(clip);
  report(clip);
}

void Extraction::report(size_t clip) {
  if (observer_.on_progress) observer_.on_progress(meter_.progress(videos_[clip].stem));
}

}  // namespace

ExtractResult extract(const ExtractOptions& options, const FeatureNetwork& network,
                      const ExtractObserver& observer) {
  return Extraction(options, network, observer).run();
}

ExtractResult extract(const ExtractOptions& options, const ExtractObserver& observer) {
  const LoadedBackbone backbone = make_backbone(options.backbone);
  const bool is_bfloat16 = options.backbone.precision == Precision::kBfloat16;
  const FeatureNetwork network{backbone.name,
                               backbone.weights_description,
                               backbone.weights_hash,
                               [&](const torch::Tensor& inputs) { return backbone.rows(inputs); },
                               backbone.input,
                               {{"layer", backbone.layer},
                                {"spatial_map", int64_t{backbone.spatial_map}},
                                {"l2_normalize", int64_t{backbone.l2_normalize}},
                                {"precision", is_bfloat16 ? "bfloat16" : "float32"}},
                               [&] { return backbone.precision_note(); },
                               torch::Device(backbone.device).is_cpu()};
  return extract(options, network, observer);
}

}  // namespace vidqa::features
