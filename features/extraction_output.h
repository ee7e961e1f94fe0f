#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/types.h>

#include "features/extraction_report.h"
#include "features/feature_store.h"
#include "features/row_spool.h"
#include "features/shard.h"
#include "features/source_stamp.h"
#include "features/video_files.h"

namespace vidqa::features {

struct ExtractionOutputOptions {
  std::string path;  ///< features.h5
  Attributes recipe;
  FeatureType type = FeatureType::kFloat16;
  bool allow_partial = false;  ///< a clip of a damaged video that is there is done
  std::optional<Shard> shard;
};

/// A clip that is ready to be kept.
struct FinishedClip {
  VideoFile video;
  SourceStamp source;  ///< as it was while the video was read
  std::unique_ptr<RowSpool> rows;
  std::vector<double> times_seconds;
  Attributes attributes;  ///< how it was made; recipe, size and time of the source are added
};

/// A feature file in the making that survives kill -9 at any moment, and that several processes may
/// make together.
///
///   <output>                 made of all parts at the end, in one step
///   <output>.parts/          finished clips, each in a file of its own (features/parts_folder.h);
///                            goes at the end
///   <output>.failures.csv    path,kind,reason of clips that failed and are not done since; none:
///   no
///                            file
///
/// An HDF5 file that is open for writing dies with its writer, so no file stays open for writing
/// longer than a clip takes to write. May be called from several threads.
class ExtractionOutput {
 public:
  /// Throws std::runtime_error or c10::Error: the output or its parts were made with another recipe
  /// (naming the option), the folder is not writable.
  explicit ExtractionOutput(const ExtractionOutputOptions& options);
  ~ExtractionOutput();

  enum class Claim {
    kMine,       ///< to be done, by the caller alone until write() or fail()
    kDone,       ///< there, as it was written, and the video is the one that it was
    kElsewhere,  ///< another run has it in work
  };
  /// A clip is done when it is whole by its hash and its video has the size and the time that it
  /// had, or else the same content; a video that is gone does not matter.
  Claim claim(const VideoFile& video, const SourceStamp& source);

  /// Keeps a clip safe on disk, then notes it in the journal.
  void write(const FinishedClip& clip);
  void fail(const VideoFile& video, const ExtractFailure& failure);

  /// Folder for files that last as long as this run.
  const std::string& work_folder() const;

  /// The end of a run: lists the failures; when no shard was asked for and no other run is at work,
  /// puts the output together and returns true.
  bool finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidqa::features
