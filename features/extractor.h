#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <torch/types.h>

#include "features/backbone.h"
#include "features/clip_windows.h"
#include "features/extraction_report.h"
#include "features/feature_store.h"
#include "features/sampled_frames.h"
#include "features/shard.h"

namespace vidqa::features {

/// The options of `vidqa extract`.
struct ExtractOptions {
  std::vector<std::string> videos;  ///< files, or folders that are searched for video files
  std::string output;               ///< features.h5
  BackboneOptions backbone;
  SampledFramesOptions frames;  ///< reader.cancelled is the extractor's own
  ClipWindowOptions windows;    ///< of motion networks; their length is the network's
  FeatureType type = FeatureType::kFloat16;
  int64_t batch_size = 0;  ///< images or windows a forward pass; 0: as suits the device
  int64_t decoders = 0;    ///< videos decoded at a time, each on one thread; 0: by the processors
  double timeout_seconds = 0;  ///< for decoding one video, ended also within FFmpeg; 0: none
  bool allow_partial = false;  ///< keep what a damaged video gives, marked as partial
  std::optional<Shard> shard;  ///< a part of the videos; no merge at the end
};

struct ExtractObserver {
  /// After every clip, done or not, and now and then within a long one. On the caller's thread.
  std::function<void(const ExtractProgress& progress)> on_progress;
  std::function<void(const std::string& line)> on_message;
};

/// A network as the extractor needs it: (n, 3, H, W) or, where input.clip_length > 1, (n, 3, T, H,
/// W) float32 on the CPU -> (n, D) or (n, D, h, w).
struct FeatureNetwork {
  std::string name;
  std::string weights;       ///< where they come from, for the reader of the file
  std::string weights_hash;  ///< part of the recipe
  std::function<torch::Tensor(const torch::Tensor& inputs)> forward;
  InputSpec input;
  Attributes recipe = {};                  ///< more of what decides the numbers: layer, precision
  std::function<std::string()> note = {};  ///< asked for after the first batch, to be told
  bool takes_batches_at_once = false;      ///< whether `forward` may run in several threads
};

/// Extracts features of every video into one HDF5 file (features/feature_writer.h): `/<stem>` (n,
/// D) with its provenance in attributes, `/_times/<stem>` (n) float64: seconds of the rows. Maps
/// (n, D, h, w) are stored as (n, D h w) with the attribute `row_shape`. The file's own attributes
/// hold the recipe: every option that decides what the numbers are.
///
///   decoder threads            caller's thread      network threads    caller's    writer thread
///   video -> frames -> inputs  -> batches           -> rows            -> clips    -> part file,
///                              across clips                                           journal
///
/// with bounded queues in between: memory does not grow with a video's length but for its rows.
///
/// A clip that cannot be read, is damaged, times out, or whose features are not finite or too large
/// for float16 is listed in the result and does not stop the others. A clip is written whole or not
/// at all; a killed run loses at most the clips in work, and the next run goes on from there
/// (features/extraction_output.h). Several processes may work on one output. A file made with
/// another recipe is refused, naming the option. Equal inputs give equal bytes, whatever the other
/// clips are.
/// Throws std::runtime_error (also c10::Error) for faults that concern the whole run: unknown
/// backbone, bad weights, two videos with one stem, unwritable output, full disk.
ExtractResult extract(const ExtractOptions& options, const ExtractObserver& observer);

/// The same with a network of the caller's; options.backbone is not read, but for the device, which
/// is noted.
ExtractResult extract(const ExtractOptions& options, const FeatureNetwork& network,
                      const ExtractObserver& observer);

}  // namespace vidqa::features
