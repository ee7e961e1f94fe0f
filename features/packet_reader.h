#pragma once

#include <string>

#include "features/ffmpeg_handles.h"
#include "features/video_container.h"
#include "features/video_reader.h"

namespace vidqa::features {

/// The packets of one stream of a file, in the order in which they are stored.
class PacketReader {
 public:
  /// `options` must outlive the reader. Throws VideoError.
  PacketReader(const std::string& path, const VideoReaderOptions& options);

  /// Null at the end, also when the rest cannot be read. Throws VideoError: cancelled.
  ffmpeg::UniquePacket next();

  const VideoContainer& video() const { return video_; }
  int64_t errors() const { return errors_; }
  bool is_at_end() const { return is_at_end_; }

 private:
  std::string path_;
  const VideoReaderOptions& options_;
  VideoContainer video_;
  int64_t errors_ = 0;
  bool is_at_end_ = false;
};

}  // namespace vidqa::features
