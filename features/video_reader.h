#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <opencv2/core/mat.hpp>

#include "features/rgb_converter.h"

namespace vidqa::features {

/// A video that cannot be read. The message is one line: path, what is wrong, what to do.
class VideoError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct VideoReaderOptions {
  /// Index of the stream in the file; unset: the best video stream by FFmpeg's rules (default flag,
  /// then bit rate). Cover pictures of sound files are no video.
  std::optional<int> stream;
  ColorPolicy color = ColorPolicy::kAuto;
  /// Frames a second of a folder of numbered images, which says nothing about time by itself.
  double image_fps = 3;
  /// Asked before every packet; when it says yes, reading ends with VideoError "<path>: cancelled".
  /// Must not throw.
  std::function<bool()> cancelled = nullptr;
};

/// How the decoding of a video went: so far, and after the last frame of the whole.
struct DecodeReport {
  int64_t decoded_frames = 0;     ///< without those that were skipped by key frames
  int64_t decode_errors = 0;      ///< damaged packets and frames, and frames out of order
  int64_t interlaced_frames = 0;  ///< shown as they are stored, two fields woven into one picture
  double first_seconds = 0;       ///< time of the first frame by the clock of the file
  double last_seconds = 0;        ///< time of the last frame from the first one
  double end_seconds = 0;         ///< when the last frame ends
  double container_seconds = -1;  ///< what the container says the stream lasts; < 0: it does not
  /// Much is gone: more than a tenth of the frames damaged, a tenth of the promised duration
  /// missing at the end, or the end mark of a GIF, which promises no duration. (Nothing tells that
  /// an MPEG transport stream or a raw stream is cut.) Known after the last frame; the caller
  /// decides whether that is a failure.
  bool partial = false;
  std::string partial_reason;  ///< one line like that of a VideoError; empty unless partial
};

/// Gives the frames of a video one by one in presentation order, decoded by the FFmpeg libraries on
/// one thread. Also reads a still image, a video of one frame, and a folder of numbered images
/// (features/image_frames.h). What a file is, its content says, not the ending of its name.
///
///   VideoReader reader(path);
///   while (reader.grab())
///     if (wanted(reader.seconds())) use(reader.retrieve());
///   if (reader.report().partial) ...
///
/// The frames are those that a player shows: cut by the edit list, turned by the display matrix,
/// GIFs put together from their parts (transparent pixels are white) with delays below 20 ms taken
/// for 100 ms as browsers do. Frames of interlaced video keep both fields, one woven into the
/// other, as with ffmpeg, PyAV and OpenCV. Damaged data is passed over as ffmpeg does, and counted.
class VideoReader {
 public:
  /// Throws VideoError: missing, empty, no video, no video stream, no decoder.
  explicit VideoReader(const std::string& path, const VideoReaderOptions& options = {});
  ~VideoReader();

  /// Goes to the next frame; false at the end. Throws VideoError: no frame at all, cancelled. A
  /// frame whose time is not after that of the frame before is passed over and counted as an error.
  bool grab();

  /// Allows grab() to pass over frames that end at or before `seconds`. It does so where packets
  /// need not be decoded because a key frame follows; all other frames are the same as without.
  void skip_until(double seconds);

  /// Time of the grabbed frame in seconds from the first frame of the stream, by its presentation
  /// timestamp: right for variable frame rates.
  double seconds() const;
  /// Time at which the grabbed frame ends: when the next one starts; the last one lasts as long as
  /// its packet says, else as long as the frames before it did.
  double end_seconds() const;
  bool is_last() const;  ///< whether no frame follows the grabbed one
  /// The grabbed frame as it is to be shown: height x width, CV_8UC3 in RGB order
  /// (features/rgb_converter.h). Only frames that are retrieved cost the conversion. Throws
  /// VideoError.
  cv::Mat retrieve();

  /// When the last frame will end, counted like end_seconds(). Looks through the packets of the
  /// file; where they have no times, decodes all. Once a frame was grabbed. Throws VideoError.
  double scan_end_seconds() const;

  const std::string& path() const;
  /// Frames a second by the container, 0 when it does not say.
  double nominal_fps() const;
  DecodeReport report() const;

  struct Source;  ///< what the frames come from

 private:
  std::unique_ptr<Source> source_;
};

}  // namespace vidqa::features
