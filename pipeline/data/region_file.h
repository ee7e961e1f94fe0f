#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <torch/types.h>

#include "features/hdf5_handles.h"
#include "pipeline/data/question.h"

namespace vidqa::data {

/// Detections in the frames of clips (TVQA's regional features), in the layout that the published
/// reader expects:
///
///   /<clip>/features/<frame>   (n, D)   a row a detection; frame: "1", "2", ... without a gap
///   /<clip>/scores/<frame>     (n)
///
/// (The published extractor writes another layout, without scores, which no published code reads.)
/// Errors (c10::Error) name the file, the clip and the frame.
class RegionFile {
 public:
  explicit RegionFile(const std::string& path);

  const std::string& path() const { return path_; }
  bool contains(const std::string& clip) const;
  /// The largest number of a frame of the clip, 0 when it has none.
  int64_t last_frame(const std::string& clip);

  /// The `count` detections with the highest scores in the frames that `rows` selects, highest
  /// first, (count, D). Those are the frames max(first, 1) to min(last, last_frame) - 1, as
  /// published, or every frame. Of one frame the 20 best count; one with fewer has rows of zeros
  /// with score 0 in their place, as published. No frames: (0, 0).
  torch::Tensor top(const std::string& clip, const std::optional<Question::RowRange>& rows,
                    int64_t count);

 private:
  torch::Tensor read(const std::string& name, int dims) const;
  void append_frame(const std::string& clip, int64_t frame, std::vector<torch::Tensor>& features,
                    std::vector<torch::Tensor>& scores) const;

  std::string path_;
  features::Hdf5Handle file_;
  std::unordered_map<std::string, int64_t> last_frames_;
};

}  // namespace vidqa::data
