#include <filesystem>
#include <vector>

#include "features/image_frames.h"
#include "features/video_container.h"
#include "features/video_source.h"

namespace vidqa::features {
namespace {

/// Image n of a folder is shown from (n - first) / fps on, until the next one; numbers that are
/// missing count as errors.
class ImageVideo : public VideoReader::Source {
 public:
  ImageVideo(const std::string& path, std::vector<NumberedImage> images,
             const VideoReaderOptions& options)
      : Source(path), images_(std::move(images)), options_(options) {
    if (options.stream && *options.stream != 0)
      fail_video(path, "consists of images; it has no streams to choose from");
    if (!(options.image_fps > 0 && options.image_fps <= 1000))
      fail_video(path, "consists of images, for which a frame rate in (0, 1000] is needed");
  }

  bool grab() override {
    if (options_.cancelled && options_.cancelled()) fail_cancelled(path);
    if (grabbed_ == images_.size()) {
      has_ended_ = true;
      return false;
    }
    ++grabbed_;
    return true;
  }
  void skip_until(double) override {}  // only images that are wanted are read
  double seconds() const override { return time_of(current().number); }
  double end_seconds() const override {
    return time_of(is_last() ? current().number + 1 : images_[grabbed_].number);
  }
  bool is_last() const override { return grabbed_ >= images_.size(); }
  cv::Mat retrieve() override { return read_image(current().path); }
  double scan_end_seconds() const override { return time_of(images_.back().number + 1); }
  double nominal_fps() const override { return options_.image_fps; }

  DecodeReport report() const override {
    DecodeReport report;
    report.decoded_frames = static_cast<int64_t>(grabbed_);
    if (grabbed_ == 0) return report;
    report.last_seconds = seconds();
    report.end_seconds = end_seconds();
    const int64_t numbers = current().number - images_.front().number + 1;
    report.decode_errors = numbers - report.decoded_frames;
    report.partial = has_ended_ && report.decode_errors * 10 > report.decoded_frames;
    if (report.partial)
      report.partial_reason = "'" + path + "' lacks " + std::to_string(report.decode_errors) +
                              " of " + std::to_string(numbers) + " images; get them again";
    return report;
  }

 private:
  const NumberedImage& current() const { return images_[grabbed_ - 1]; }
  double time_of(int64_t number) const {
    return static_cast<double>(number - images_.front().number) / options_.image_fps;
  }

  std::vector<NumberedImage> images_;
  VideoReaderOptions options_;
  size_t grabbed_ = 0;
  bool has_ended_ = false;
};

}  // namespace

std::unique_ptr<VideoReader::Source> open_image_video(const std::string& path,
                                                      const VideoReaderOptions& options) {
  std::vector<NumberedImage> images = std::filesystem::is_directory(path)
                                          ? numbered_images(path)
                                          : std::vector<NumberedImage>{{0, path}};
  return std::make_unique<ImageVideo>(path, std::move(images), options);
}

}  // namespace vidqa::features
