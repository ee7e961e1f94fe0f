#pragma once

#include <memory>
#include <optional>
#include <string>

#include <torch/types.h>

#include "pipeline/data/question.h"

namespace vidqa::data {

/// How stored rows become what a model reads.
enum class FeatureNorm {
  kNone,         ///< as stored (published HME)
  kL2,           ///< every row divided by max(its L2 norm, 1e-12) (published TVQA)
  kStandardize,  ///< every column to mean 0, variance 1 over the clips of the training questions
};

struct VideoFeatureOptions {
  std::string appearance_path;  ///< features.h5, one data set (n, D) a clip, or dense (/vgg)
  /// Second file for the motion stream (or the same file with a dense /c3d). Unset: the motion
  /// stream is the difference of successive appearance rows (a[t+1] - a[t], last row 0), of the
  /// rows that max_frames leaves and before `norm`, which treats it as a stream of its own.
  std::optional<std::string> motion_path = std::nullopt;
  int64_t max_frames = 20;
  FeatureNorm norm = FeatureNorm::kNone;
};

/// Both video streams of a question's clip, read from HDF5 and kept in memory once read.
///
/// Where the two files hold different numbers of rows for a clip, both are cut to the shorter, as
/// TGIF-QA does. Then rows are cut to max_frames by taking row int(i * (n / T)) in double precision
/// (published TGIF-QA rule). Errors name the file and the clip: clip missing (with the keys that
/// were tried), other width, no rows, NaN or Inf.
class VideoFeatures {
 public:
  /// `train` gives the clips over which kStandardize takes its statistics.
  VideoFeatures(const VideoFeatureOptions& options, const std::vector<Question>& train);
  ~VideoFeatures();

  struct Clip {
    torch::Tensor appearance;  ///< (n, Da) float32
    torch::Tensor motion;      ///< (n, Dm) float32, n <= max_frames
  };
  /// Not thread-safe.
  const Clip& clip(const Question& question);

  int64_t appearance_dim() const;
  int64_t motion_dim() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidqa::data
