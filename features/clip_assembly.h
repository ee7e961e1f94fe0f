#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/types.h>

#include "features/decoder_threads.h"
#include "features/feature_store.h"
#include "features/row_spool.h"

namespace vidqa::features {

/// The rows of one clip as they come back from the network, in the type in which they are kept.
class ClipAssembly {
 public:
  ClipAssembly(std::string path, const std::string& work_folder, FeatureType type);

  /// An input went to the network: its row stands for `repeat` rows of one time.
  void expect(double seconds, int64_t repeat);
  /// (n, D) or (n, D, h, w) float32, in the order of expect(). Returns the number of rows of the
  /// clip that came of them.
  int64_t add(const torch::Tensor& outputs);
  void end(const DecodedClip& decoded) { decoded_ = decoded; }

  /// Whether the video is over and every row is back.
  bool is_whole() const { return decoded_.has_value() && repeats_.empty(); }
  /// Why the rows cannot be kept; empty: they can.
  const std::string& fault() const { return fault_; }
  const DecodedClip& decoded() const { return *decoded_; }
  const std::vector<double>& times_seconds() const { return times_seconds_; }
  /// "2048,7,7" for maps, which are kept as rows of D h w numbers; else empty.
  const std::string& row_shape() const { return row_shape_; }
  std::unique_ptr<RowSpool> take_rows() { return std::move(rows_); }

 private:
  /// Rows as they are kept; sets fault_ where they cannot be.
  torch::Tensor kept(const torch::Tensor& outputs);

  std::string path_;
  FeatureType type_;
  std::unique_ptr<RowSpool> rows_;
  std::vector<double> times_seconds_;
  std::deque<int64_t> repeats_;  ///< of inputs that are in the network
  std::optional<DecodedClip> decoded_;
  std::string row_shape_;
  std::string fault_;
};

}  // namespace vidqa::features
