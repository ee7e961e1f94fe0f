#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/data/question.h"

namespace vidqa::benchmarks {

/// What a detector saw in every frame of TVQA clips (`det_visual_concepts_hq`): {clip: [text a
/// frame]}, a text holding phrases such as "white shirt" between " , ". A Python pickle, read
/// without running it, or the same as JSON.
class TvqaVisualConcepts {
 public:
  /// Throws c10::Error naming the file, and the clip where one is at fault.
  explicit TvqaVisualConcepts(const std::string& path);

  /// Texts of the frames of a clip; throws c10::Error naming file and clip when it is not there.
  const std::vector<std::string>& clip(const std::string& video) const;

 private:
  void read_pickle();
  void read_json();

  std::string path_;
  std::unordered_map<std::string, std::vector<std::string>> clips_;
};

/// Words of the frames that a question sees: `rows` with its last row included (one frame more than
/// of features, as published), or all frames. Lower case, phrases in the order of their first
/// occurrence; as published, phrases count as different when blanks around them differ. Rows
/// beyond the clip give no words.
std::vector<std::string> visual_concept_words(const std::vector<std::string>& frames,
                                              const std::optional<data::Question::RowRange>& rows);

}  // namespace vidqa::benchmarks
