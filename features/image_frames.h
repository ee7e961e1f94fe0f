#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

namespace vidqa::features {

struct NumberedImage {
  int64_t number;
  std::string path;
};

/// The numbered images of a folder by their numbers: `00001.jpg`, `frame_12.png` (one prefix, then
/// digits; .jpg, .jpeg or .png in any case), the form in which TVQA's frames are released. Empty
/// when there are none. Throws VideoError: two prefixes, two files with one number (naming both).
std::vector<NumberedImage> numbered_images(const std::string& folder);

/// Whether the folder holds any.
bool is_image_folder(const std::string& folder);

/// Whether the file is a still image by its content (jpeg, png, bmp, tiff, webp; no animation).
bool is_still_image(const std::string& path);

/// An image as it is to be shown: height x width, CV_8UC3 in RGB order, turned as its EXIF tag
/// says, transparent pixels on white. JPEG by libjpeg, the same pixels as Pillow's. Throws
/// VideoError: damaged, cut (also where the library would fill up the rest in grey).
cv::Mat read_image(const std::string& path);

}  // namespace vidqa::features
