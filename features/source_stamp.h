#pragma once

#include <cstdint>
#include <string>

namespace vidqa::features {

/// By what a video that has changed is told: of a file, or of all images of a folder of frames.
struct SourceStamp {
  int64_t bytes = -1;       ///< < 0: it is not there
  int64_t modified_ns = 0;  ///< since 1970; of the file that changed last

  bool exists() const { return bytes >= 0; }
  bool operator==(const SourceStamp& other) const {
    return bytes == other.bytes && modified_ns == other.modified_ns;
  }
  bool operator!=(const SourceStamp& other) const { return !(*this == other); }
};

SourceStamp stamp_source(const std::string& path);

/// SHA-256 of a file; of a folder of frames: of the lines "<hash>  <name>" of its images in their
/// order, as sha256sum prints them. Throws std::runtime_error naming the path.
std::string sha256_source(const std::string& path);

}  // namespace vidqa::features
