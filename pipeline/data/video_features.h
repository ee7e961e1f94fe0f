#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/types.h>

#include "pipeline/data/feature_options.h"
#include "pipeline/data/question.h"

namespace vidqa::data {

struct VideoFeatureOptions {
  /// The pair appearance and motion: features.h5, one data set (n, D) a clip, or dense (/vgg).
  /// Empty: no pair, named streams only.
  std::string appearance_path;
  /// Second file for the motion stream (or the same file with a dense /c3d). Unset: the motion
  /// stream is the difference of successive appearance rows (a[t+1] - a[t], last row 0), of the
  /// rows that max_frames leaves and before `norm`, which treats it as a stream of its own.
  std::optional<std::string> motion_path = std::nullopt;
  /// Dense arrays of those files, or kinds of pickles where they are folders.
  std::string appearance_array = "vgg";
  std::string motion_array = "c3d";
  int64_t max_frames = 20;
  FrameSampling sampling = FrameSampling::kEven;
  VideoShift shift = VideoShift::kNone;  ///< how batches of the pair are laid out
  FeatureNorm norm = FeatureNorm::kNone;
  /// Streams by name (TVQA), each with its own file, width and number of rows.
  std::vector<FeatureStreamOptions> streams = {};
  int64_t cache_bytes = int64_t{2} << 30;  ///< clips kept in memory, all streams together
};

/// The features of a question's clip, read from HDF5 when asked for; the clips used last stay in
/// memory. A question sees the rows of its clip that Question::feature_rows selects.
///
/// Appearance and motion are kept in step: where the two files hold different numbers of rows, both
/// are cut to the shorter, as TGIF-QA does; then rows are cut to max_frames as `sampling` says
/// (pipeline/data/frame_sampling.h). Errors name the file and the clip
/// (pipeline/data/feature_stream.h).
class VideoFeatures {
 public:
  /// `train` gives the clips over which kStandardize takes its statistics.
  VideoFeatures(const VideoFeatureOptions& options, const std::vector<Question>& train);
  ~VideoFeatures();

  struct Clip {
    torch::Tensor appearance;            ///< (n, Da) float32; undefined without the pair
    torch::Tensor motion;                ///< (n, Dm) float32, n <= max_frames
    std::vector<torch::Tensor> streams;  ///< in the order of the options, (n, D) float32 each
  };
  /// `draw` decides what FrameSampling::kSegment leaves to chance; unset: nothing is. Not
  /// thread-safe.
  Clip clip(const Question& question, std::optional<uint64_t> draw = std::nullopt);

  /// When the rows that clip() gives without a draw were seen, in seconds: n of appearance and
  /// motion; without the pair, those of the first stream. Empty where the file (of appearance) has
  /// no times, and where batches are shifted (VideoShift).
  std::vector<double> seconds(const Question& question);

  /// A file that is read, and as which stream: appearance, motion, or its name.
  struct File {
    std::string stream;
    std::string path;
  };
  std::vector<File> files() const;
  /// FeatureStream::add_clips() of the stream of this name.
  void add_clips(const std::string& stream, const std::string& path);

  /// Reads the question's clip in every file unless that has been done, so that a fault is found.
  void check(const Question& question);

  /// One line a stream with questions that see no row and so read zeros (see FeatureStream), of
  /// those that were read or checked.
  std::vector<std::string> warnings() const;

  bool has_pair() const;
  VideoShift shift() const;
  int64_t appearance_dim() const;  ///< 0 without the pair
  int64_t motion_dim() const;
  std::vector<std::string> stream_names() const;
  /// Width of a named stream; throws c10::Error listing the streams if there is none of this name.
  int64_t stream_dim(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidqa::data
