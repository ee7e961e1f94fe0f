#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <torch/types.h>

namespace vidqa::features {

/// Why two sets of features of one clip differ, as far as the numbers tell.
enum class Likeness {
  kSame,
  kHalf,        ///< one is the other rounded to float16
  kRounding,    ///< cosines above 0.9999: library, processor, bfloat16, a resize of the same kind
  kNormalized,  ///< directions agree, and in one of the files every row has the length 1
  kScaled,      ///< directions agree, lengths by one factor
  kShifted,     ///< rows agree when one file is shifted
  kOtherSampling,  ///< the rows of one are found among those of the other
  kOtherPreprocessing,
  kOtherFrames,
  kUnrelated,   ///< other weights, layer or network
  kOtherWidth,  ///< rows cannot be compared
};

/// A sentence for people.
std::string to_string(Likeness likeness);

/// Rows of one clip in a file.
struct ClipRows {
  torch::Tensor rows;                 ///< (n, D) float32
  std::vector<double> times_seconds;  ///< of the rows; empty: not known
};

struct ClipSimilarity {
  std::string clip;
  int64_t rows_a = 0;
  int64_t rows_b = 0;
  double mean_cosine = std::numeric_limits<double>::quiet_NaN();  ///< of rows with one number
  double least_cosine = std::numeric_limits<double>::quiet_NaN();
  double relative_difference = std::numeric_limits<double>::quiet_NaN();  ///< |a - b| / |b|
  int64_t shift = 0;  ///< row i of a is row i + shift of b, where that fits much better; else 0
  /// Median of time b - time a of rows with one number; NaN: a file has no times.
  double time_offset_seconds = std::numeric_limits<double>::quiet_NaN();
  Likeness likeness = Likeness::kSame;
};

/// Compares two versions of a clip. `centre_a` and `centre_b` (D) are the mean rows of the files:
/// what all rows have in common says nothing about whether the weights are the same.
///
/// Other frames and other preprocessing can look alike. Where both files have times, these decide;
/// else what the difference looks like: preprocessing moves all rows of a clip the same way, other
/// frames do not.
ClipSimilarity compare_clip(const ClipRows& a, const ClipRows& b, const torch::Tensor& centre_a,
                            const torch::Tensor& centre_b);

struct FileSimilarity {
  std::vector<ClipSimilarity> clips;  ///< that both files have, in the order of their names
  std::vector<std::string> only_a;
  std::vector<std::string> only_b;
  /// "preset: torchvision-v1, tvqa": options by which the files say that they differ.
  std::vector<std::string> recipe_differences;
  std::string verdict;  ///< in words: the likeness of most clips, and how many
};

/// Compares two feature files, those of other programs included. Throws c10::Error: a file cannot
/// be read, no clip in common.
FileSimilarity compare_feature_files(const std::string& path_a, const std::string& path_b);

}  // namespace vidqa::features
