#pragma once

#include <string>
#include <vector>

namespace vidqa::features {

/// How one more video becomes features of the kind that a file holds.
struct ExtractLikeOptions {
  std::string like;   ///< a file of `vidqa extract`: its recipe is followed
  std::string video;  ///< the clip, a file
  /// Weights files, of which the one with the hash in the recipe is used. Not needed for
  /// `random:SEED`.
  std::vector<std::string> weights;
  std::string device = "cpu";
  std::string output;  ///< file to write: one clip, named after the video's stem
};

/// Extracts the video into `output` as the clips of `like` were. Throws c10::Error that names the
/// file and what to do: `like` has no recipe (it comes from elsewhere), none of the weights is the
/// one that it was made with, its recipe is of another version of this program; VideoError where
/// the video cannot be read. Returns the name of the clip.
std::string extract_like(const ExtractLikeOptions& options);

}  // namespace vidqa::features
