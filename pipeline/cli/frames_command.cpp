#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "features/contact_sheet.h"
#include "features/frame_writer.h"
#include "features/sampled_frames.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"

namespace vidqa::cli {
namespace {

struct FramesOptions {
  std::string video;
  std::vector<double> at;
  std::string sampler = "pts";
  double fps = 3;
  features::VideoReaderOptions reader;
  std::string output;
  std::string contact_sheet;
};

std::unique_ptr<features::FrameSampler> sampler_of(const FramesOptions& options) {
  if (options.at.empty())
    return features::make_frame_sampler(
        features::parse_frame_sampler(options.sampler, options.fps));
  for (const double seconds : options.at)
    if (seconds < 0) throw std::runtime_error(fmt::format("--at: {} is before the video", seconds));
  return features::make_times_sampler(options.at);
}

int show_frames(const FramesOptions& options) {
  if (options.output.empty() && options.contact_sheet.empty())
    throw std::runtime_error("nothing to write: give --output, --contact-sheet or both");
  features::SampledFrames frames(options.video, options.reader, sampler_of(options));
  const auto writer =
      options.output.empty() ? nullptr : features::FrameWriter::open(options.output);
  features::ContactSheet sheet;
  int64_t rows = 0;
  while (const std::optional<features::SampledFrame> frame = frames.next()) {
    if (writer != nullptr) writer->write(*frame);
    if (!options.contact_sheet.empty()) sheet.add(*frame);
    for (int64_t i = 0; i < frame->repeat; ++i, ++rows)
      fmt::print("{:6}  {:.6f} s  {} x {}\n", rows, frame->seconds, frame->rgb.cols,
                 frame->rgb.rows);
  }

  const features::DecodeReport report = frames.report();
  if (const auto wanted = static_cast<int64_t>(options.at.size()); rows < wanted)
    throw std::runtime_error(fmt::format("'{}' ends at {:.6f} s, so it shows nothing at {}",
                                         options.video, report.end_seconds,
                                         *std::max_element(options.at.begin(), options.at.end())));
  if (writer != nullptr) writer->close();
  if (!options.contact_sheet.empty()) features::write_png(options.contact_sheet, sheet.draw());
  if (report.interlaced_frames > 0)
    warn(fmt::format("'{}' is interlaced; frames show both fields, one woven into the other",
                     options.video));
  if (report.partial) throw std::runtime_error(report.partial_reason);
  if (report.decode_errors > 0)
    warn(fmt::format("'{}' is damaged: {} errors in {} frames", options.video, report.decode_errors,
                     report.decoded_frames));
  return 0;
}

}  // namespace

Command add_frames_command(CLI::App& app) {
  auto options = std::make_shared<FramesOptions>();
  auto stream = std::make_shared<std::optional<int>>();
  auto color = std::make_shared<std::string>("auto");
  CLI::App* command =
      app.add_subcommand("frames", "Write the frames of a video that an extraction would see");
  command
      ->add_option("video", options->video,
                   "Video file, still image, or folder of numbered .jpg or .png")
      ->required();
  CLI::Option* at = command->add_option(
      "--at", options->at, "Seconds from the first frame: the frames on screen at these times");
  at->delimiter(',');
  command
      ->add_option("--sampler", options->sampler,
                   "Frames to take: " + features::frame_sampler_names())
      ->capture_default_str()
      ->excludes(at);
  command->add_option("--fps", options->fps, "Frames a second, for pts, ffmpeg-fps and ffmpeg-r")
      ->capture_default_str();
  command->add_option("--stream", *stream, "Index of the stream in the file; default: the best");
  command
      ->add_option("--color", *color,
                   "auto: as the tags say; opencv: BT.601 always, as OpenCV and old features")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "opencv"}));
  command
      ->add_option("--image-fps", options->reader.image_fps,
                   "Frames a second of a folder of images")
      ->capture_default_str();
  command->add_option("-o,--output", options->output,
                      "HDF5 file (.h5): frame/000000 uint8 (3, H, W), pts_seconds; or a folder of "
                      "PNG files");
  command->add_option("--contact-sheet", options->contact_sheet,
                      "PNG file: the frames side by side with their times");
  command->footer(
      "Examples: vidqa frames clip.mp4 --at 6.0,10.0 -o frames.h5\n"
      "          vidqa frames clip.mp4 --sampler uniform:12 --contact-sheet sheet.png");
  return {command,
          [options, stream, color] {
            options->reader.stream = *stream;
            options->reader.color =
                *color == "opencv" ? features::ColorPolicy::kOpencv : features::ColorPolicy::kAuto;
            return show_frames(*options);
          },
          false};
}

}  // namespace vidqa::cli
