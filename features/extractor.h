#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <torch/types.h>

namespace vidqa::features {

/// The options of `vidqa extract`.
struct ExtractOptions {
  std::vector<std::string> videos;  ///< files, or folders that are searched for video files
  std::string output;               ///< features.h5
  std::string backbone = "resnet18";
  /// A .safetensors or .pth file, or `random:SEED`. No default: features of unknown weights are
  /// worth nothing.
  std::string weights;
  std::string sampler = "pts";     ///< features/frame_sampler.h, e.g. uniform:20
  double fps = 3;                  ///< frames a second
  std::string resize = "shorter";  ///< shorter: shorter side to resize_size, then centre crop;
                                   ///< squash: straight to crop_size
  int64_t resize_size = 256;
  int64_t crop_size = 224;
  int64_t batch_size = 16;
  std::string device = "cpu";
};

struct ExtractFailure {
  std::string path;
  std::string reason;
};

struct ExtractResult {
  int64_t done = 0;
  int64_t skipped = 0;  ///< already in the output
  int64_t frames = 0;
  double seconds = 0;
  std::vector<ExtractFailure>
      failures;  ///< also in <output>.failures.csv (removed when there are none)
};

struct ExtractObserver {
  /// After every clip, done or not, and now and then within a long one.
  std::function<void(int64_t clips_done, int64_t clips_total, int64_t frames,
                     const std::string& clip)>
      on_progress;
  std::function<void(const std::string& line)> on_message;
};

/// A network as the extractor needs it: (n, 3, crop_size, crop_size) float32 -> (n, D).
struct FeatureNetwork {
  std::string name;
  std::string weights;       ///< where they come from, for the reader of the file
  std::string weights_hash;  ///< part of the recipe
  std::function<torch::Tensor(const torch::Tensor& images)> forward;
};

/// Extracts features of every video into one HDF5 file (features/feature_writer.h): `/<stem>` (n,
/// D) float32 with its provenance in attributes, `/_times/<stem>` (n) float64: seconds of the rows.
/// The file's own attributes hold the recipe: every option that decides what the numbers are.
///
/// A clip that cannot be read, or whose features are not finite, is listed in the result and does
/// not stop the others. A clip is written whole or not at all; a killed run loses at most the clip
/// in work, and the next run goes on from there (features/extraction_output.h). A clip that is done
/// is skipped, unless its source has another size now. A file made with another recipe is refused,
/// naming the option. Equal inputs give equal bytes in the data sets.
/// Throws std::runtime_error (also c10::Error) for faults that concern the whole run: unknown
/// backbone, bad weights, two videos with one stem, unwritable output.
ExtractResult extract(const ExtractOptions& options, const ExtractObserver& observer);

/// The same with a network of the caller's; options.backbone and weights are not read,
/// options.device is only noted.
ExtractResult extract(const ExtractOptions& options, const FeatureNetwork& network,
                      const ExtractObserver& observer);

}  // namespace vidqa::features
