#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/types.h>

#include "features/feature_store.h"

namespace vidqa::features {

/// Whether a clip can have this name: not empty, ".", "_times", or with a slash.
bool is_clip_name(const std::string& name);

/// Writes a feature file with one data set a clip. The file appears at `path` when close() returns;
/// a writer that is destroyed earlier leaves nothing. Equal calls give equal bytes.
///
///   /<clip>          (n, D) float32 or float16, contiguous, with the clip's provenance as
///   attributes
///   /_times/<clip>   (n) float64, seconds; a group of its own, so that the root lists clips only
///
/// Every clip carries its number of rows and the hash of its content, the file `complete` = 1
/// (features/feature_store.h). Errors (c10::Error, std::runtime_error) name the file and the clip.
class FeatureWriter {
 public:
  explicit FeatureWriter(const std::string& path, FeatureType type = FeatureType::kFloat32);
  ~FeatureWriter();

  void set_attributes(const Attributes& attributes);
  /// `features` (n, D), n = times_seconds.size(); any floating type, converted to the file's.
  /// Throws where a number is too large for it (features/half.h).
  void write(const std::string& clip, const torch::Tensor& features,
             const std::vector<double>& times_seconds, const Attributes& attributes);
  /// Copies clips with their attributes, and their times where there are any, from another file.
  void copy(const std::string& path, const std::vector<std::string>& clips);
  /// A dense array of other programs' layout: (N, T, D) float32.
  void write_dense(const std::string& array, const torch::Tensor& features,
                   const Attributes& attributes);
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidqa::features
