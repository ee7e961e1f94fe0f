#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/types.h>

#include "features/extractor.h"
#include "features/feature_store.h"
#include "features/video_files.h"

namespace vidqa::features {

/// A feature file in the making that survives kill -9 at any moment.
///
///   <output>                 made of all parts at the end, in one step
///   <output>.parts/<stem>.h5 a clip each, as soon as it is done; the folder goes at the end
///   <output>.parts/.lock     locked while a run is at work
///   <output>.failures.csv    path,reason of the last run's failures; none: no file
///
/// An HDF5 file that is open for writing dies with its writer, so no file stays open for writing
/// longer than a clip takes to write.
class ExtractionOutput {
 public:
  /// Throws std::runtime_error or c10::Error: the output or its parts were made with another recipe
  /// (naming the option), another run is at work on it, the folder is not writable.
  ExtractionOutput(const std::string& path, const Attributes& recipe);
  ~ExtractionOutput();

  /// Whether the clip is there and its video has the size that it had.
  bool is_done(const VideoFile& video) const;
  /// Keeps a clip safe on disk. `attributes` say how it was made; source and recipe are
  /// added.
  void write(const VideoFile& video, const torch::Tensor& features,
             const std::vector<double>& times_seconds, Attributes attributes);
  /// Puts the output together from what it held and the parts, and lists the failures.
  void finish(const std::vector<ExtractFailure>& failures);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidqa::features
