#include "features/image_frames.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "features/video_container.h"
#include "features/video_reader.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;

struct ImageName {
  std::string prefix;
  int64_t number;
};

std::optional<ImageName> parse_name(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension != ".jpg" && extension != ".jpeg" && extension != ".png") return std::nullopt;
  const std::string stem = path.stem().string();
  const size_t digits = stem.find_last_not_of("0123456789") + 1;
  const size_t most_digits = 18;  // what an int64_t holds
  if (stem.front() == '.' || digits == stem.size() || stem.size() - digits > most_digits)
    return std::nullopt;
  return ImageName{stem.substr(0, digits), std::stoll(stem.substr(digits))};
}

fs::directory_iterator entries_of(const std::string& folder) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) fail_video(folder, "cannot be listed (" + error.message() + ")");
  return entries;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail_video(path, "cannot be read; check its permissions");
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_jpeg(const std::string& bytes) { return bytes.compare(0, 3, "\xff\xd8\xff") == 0; }

/// Goes from marker to marker until the end of the image; the library would show what is missing of
/// a cut file in grey.
bool is_whole_jpeg(const std::string& bytes) {
  constexpr unsigned char kEnd = 0xd9, kScan = 0xda, kFirstRestart = 0xd0, kLastRestart = 0xd7;
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(bytes[at]); };
  for (size_t at = 2; at + 1 < bytes.size();) {
    if (byte(at) != 0xff) {  // coded pixels
      ++at;
      continue;
    }
    const unsigned char marker = byte(at + 1);
    if (marker == kEnd) return true;
    const bool stands_alone = marker == 0 || marker == 1 || marker == kScan ||
                              (marker >= kFirstRestart && marker <= kLastRestart);
    if (marker == 0xff)
      ++at;
    else if (stands_alone || at + 3 >= bytes.size())
      at += 2;
    else
      at += 2 + (size_t{byte(at + 2)} << 8 | byte(at + 3));
  }
  return false;
}

/// (h, w, 4) BGRA of 8 bits -> what is seen of it on white.
cv::Mat on_white(const cv::Mat& bgra) {
  cv::Mat rgb(bgra.size(), CV_8UC3);
  for (int y = 0; y < bgra.rows; ++y)
    for (int x = 0; x < bgra.cols; ++x) {
      const auto& from = bgra.at<cv::Vec4b>(y, x);
      for (int c = 0; c < 3; ++c) {
        const int mixed = from[2 - c] * from[3] + 255 * (255 - from[3]);
        rgb.at<cv::Vec3b>(y, x)[c] = static_cast<uint8_t>((mixed + 127) / 255);
      }
    }
  return rgb;
}

}  // namespace

std::vector<NumberedImage> numbered_images(const std::string& folder) {
  std::vector<NumberedImage> images;
  std::optional<std::string> prefix;
  for (const auto& entry : entries_of(folder)) {
    const std::optional<ImageName> name = parse_name(entry.path());
    if (!name || entry.is_directory()) continue;
    if (prefix && *prefix != name->prefix)
      fail_video(folder,
                 fmt::format("holds numbered images of two kinds, '{}...' and '{}...'; put "
                             "each into a folder of its own",
                             std::min(*prefix, name->prefix), std::max(*prefix, name->prefix)));
    prefix = name->prefix;
    images.push_back({name->number, entry.path().string()});
  }
  std::sort(images.begin(), images.end(), [](const NumberedImage& a, const NumberedImage& b) {
    return a.number != b.number ? a.number < b.number : a.path < b.path;
  });
  for (size_t i = 1; i < images.size(); ++i)
    if (images[i].number == images[i - 1].number)
      fail_video(folder, fmt::format("holds image {} twice: '{}' and '{}'; remove one",
                                     images[i].number, images[i - 1].path, images[i].path));
  return images;
}

bool is_image_folder(const std::string& folder) {
  const fs::directory_iterator entries = entries_of(folder);
  return std::any_of(begin(entries), end(entries), [](const fs::directory_entry& entry) {
    return parse_name(entry.path()) && !entry.is_directory();
  });
}

bool is_still_image(const std::string& path) {
  const std::string format = format_by_content(path);
  for (const char* still : {"jpeg_pipe", "png_pipe", "bmp_pipe", "tiff_pipe", "webp_pipe"})
    if (format == still) return true;
  return false;
}

cv::Mat read_image(const std::string& path) {
  const std::string bytes = content_of(path);
  if (is_jpeg(bytes) && !is_whole_jpeg(bytes))
    fail_video(path, "is cut before the end of the image; get it again");
  cv::Mat image;
  try {
    const cv::Mat buffer(1, static_cast<int>(bytes.size()), CV_8UC1,
                         const_cast<char*>(bytes.data()));
    if (!is_jpeg(bytes)) image = cv::imdecode(buffer, cv::IMREAD_UNCHANGED);
    if (image.type() == CV_8UC4) return on_white(image);
    image = cv::imdecode(buffer, cv::IMREAD_COLOR);
  } catch (const cv::Exception&) {
    image.release();
  }
  if (image.empty()) fail_video(path, "cannot be decoded as an image; get it again");
  cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
  return image;
}

}  // namespace vidqa::features
