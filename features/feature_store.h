#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <torch/types.h>

namespace vidqa::features {

/// Provenance: name -> value, of a file or of a clip's data set.
using Attributes = std::map<std::string, std::variant<std::string, int64_t, double>>;

/// How numbers are kept in a file.
enum class FeatureType { kFloat32, kFloat16 };

/// "float32", "float16"; the other way throws c10::Error listing them.
std::string to_string(FeatureType type);
FeatureType parse_feature_type(const std::string& name);

/// Attributes that FeatureWriter gives every clip: what it holds, so that a damaged one is known.
inline constexpr char kRowCount[] = "row_count";
inline constexpr char kContentHash[] = "content_sha256";
/// Attribute of a file that was written to its end: 1.
inline constexpr char kComplete[] = "complete";

/// Reads a feature file in any of the released layouts:
///   one data set a clip: `/<clip>` (n, D) or, for one row, (D)      TVQA, TGIF-QA, `vidqa extract`
///   dense arrays: `/vgg`, `/c3d` (N, T, D)                          MSVD-QA
/// Errors (c10::Error) name the file and the clip.
class FeatureReader {
 public:
  explicit FeatureReader(const std::string& path);
  ~FeatureReader();

  const std::string& path() const;
  bool contains(const std::string& clip) const;
  /// In the order of their names' bytes. Groups and data sets of other ranks are no clips.
  std::vector<std::string> clips() const;
  /// Rows of a clip, (n, D) float32; float16 and float64 files are converted.
  torch::Tensor read(const std::string& clip) const;
  /// (n, D) of a clip.
  std::vector<int64_t> shape(const std::string& clip) const;
  /// SHA-256 of the clip's data set as it is stored, followed by that of its times; read piece by
  /// piece. In Python: sha256(f[clip][()].tobytes() + f['_times'][clip][()].tobytes()).
  std::string content_sha256(const std::string& clip) const;
  /// Times of the rows in seconds from the first frame, `/_times/<clip>`; empty where the file has
  /// none.
  std::vector<double> times_seconds(const std::string& clip) const;
  /// Attributes of a clip's data set, or of the file; those that are neither text nor a number are
  /// left out.
  Attributes attributes(const std::string& clip) const;
  Attributes attributes() const;

  /// Names of the dense (N, T, D) arrays in the file, e.g. {"c3d", "vgg"}.
  std::vector<std::string> dense_arrays() const;
  /// Row `row` of a dense array: (T, D) float32.
  torch::Tensor read_dense(const std::string& array, int64_t row) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidqa::features
