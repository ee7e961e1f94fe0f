#pragma once

#include <cstdint>
#include <string>

namespace vidqa::data {

/// How stored rows become what a model reads.
enum class FeatureNorm {
  kNone,         ///< as stored (published HME)
  kL2,           ///< every row divided by max(its L2 norm, 1e-12) (published TVQA)
  kStandardize,  ///< every column to mean 0, variance 1 over the clips of the training questions
};

/// Which rows of appearance and motion a model reads where there are more than it has time steps
/// for (pipeline/data/frame_sampling.h).
enum class FrameSampling {
  kEven,     ///< at equal steps (published TGIF-QA)
  kFirst,    ///< the first ones (published HME on TVQA)
  kSegment,  ///< a window or every k-th (published EgoVQA)
};

/// Where the n rows of a clip lie among the T steps of a batch that is padded on the right.
enum class VideoShift {
  kNone,  ///< steps 0 .. n - 1 are the clip's rows
  /// The published HME on TVQA reads the *last* n steps: rows T - n .. n - 1 of the clip, then
  /// zeros, and nothing but zeros where T >= 2 n. So what a clip looks like depends on its batch.
  kAsHmeTvqa,
};

/// How a file holds the features of clips.
enum class FeatureLayout {
  kRows,     ///< rows along time: `/<clip>` (n, D), or a row of a dense array (N, T, D)
  kRegions,  ///< detections in every frame, see pipeline/data/region_file.h
};

/// One named stream of features, e.g. TVQA's imagenet, motion, regional.
struct FeatureStreamOptions {
  std::string name;  ///< of the stream in models::Batch
  /// HDF5, or a folder of pickles, one a clip: <dense_array>_<clip>.pkl (pickled_clips.h).
  std::string path;
  FeatureLayout layout = FeatureLayout::kRows;
  std::string dense_array =
      "";                    ///< kRows: the array that is read where the file holds dense arrays
  int64_t top_regions = 20;  ///< kRegions: detections that a question sees
  int64_t max_rows = 480;    ///< the first ones, as published for TVQA
  FeatureNorm norm = FeatureNorm::kL2;
};

/// The feature files of the pair appearance and motion.
struct FeaturePairFiles {
  std::string appearance;  ///< FeatureStreamOptions::path
  std::string motion;
  FeatureNorm norm = FeatureNorm::kNone;
};

}  // namespace vidqa::data
