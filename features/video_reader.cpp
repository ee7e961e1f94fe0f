#include "features/video_reader.h"

#include <filesystem>

#include "features/image_frames.h"
#include "features/video_container.h"
#include "features/video_source.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<VideoReader::Source> open_source(const std::string& path,
                                                 const VideoReaderOptions& options) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) fail_video(path, "does not exist; check the path");
  if (fs::is_directory(status)) {
    if (!is_image_folder(path))
      fail_video(path, "is a folder without numbered images; name a video file");
    return open_image_video(path, options);
  }
  if (fs::is_regular_file(status) && fs::file_size(path, error) == 0)
    fail_video(path, "is an empty file; copy or download it again");
  return is_still_image(path) ? open_image_video(path, options) : open_decoded_video(path, options);
}

}  // namespace

VideoReader::VideoReader(const std::string& path, const VideoReaderOptions& options)
    : source_(open_source(path, options)) {}
VideoReader::~VideoReader() = default;

bool VideoReader::grab() { return source_->grab(); }
void VideoReader::skip_until(double seconds) { source_->skip_until(seconds); }
double VideoReader::seconds() const { return source_->seconds(); }
double VideoReader::end_seconds() const { return source_->end_seconds(); }
bool VideoReader::is_last() const { return source_->is_last(); }
cv::Mat VideoReader::retrieve() { return source_->retrieve(); }
double VideoReader::scan_end_seconds() const { return source_->scan_end_seconds(); }
const std::string& VideoReader::path() const { return source_->path; }
double VideoReader::nominal_fps() const { return source_->nominal_fps(); }
DecodeReport VideoReader::report() const { return source_->report(); }

}  // namespace vidqa::features
