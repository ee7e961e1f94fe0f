#include "features/clip_decoder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace vidqa::features {

ClipDecoder::ClipDecoder(ClipDecoderOptions options, const FrameTransform& transform,
                         DecodeWatch& watch, std::function<bool()> stop)
    : options_(std::move(options)), transform_(transform), watch_(watch), stop_(std::move(stop)) {}

DecodeReport ClipDecoder::decode(const std::string& path,
                                 const std::function<bool(ClipInput, double)>& take) {
  const auto is_late = [&] {
    return options_.timeout_seconds > 0 && watch_.used() > options_.timeout_seconds;
  };
  const auto late = [&] {
    return VideoTimeout(
        fmt::format("'{}' is not decoded after {:g} seconds; give it more time or convert it", path,
                    options_.timeout_seconds));
  };
  SampledFramesOptions frames_options = options_.frames;
  frames_options.reader.cancelled = [&] { return stop_() || is_late(); };
  try {
    const auto frames = watch_.measure(
        seconds_.decode, [&] { return std::make_unique<SampledFrames>(path, frames_options); });
    ClipWindows windows(options_.windows);
    const auto hand_over = [&](std::vector<ClipWindow> ready, double share) {
      return std::all_of(ready.begin(), ready.end(), [&](ClipWindow& window) {
        return take({std::move(window.frames), window.seconds, 1}, share);
      });
    };
    for (;;) {
      const std::optional<SampledFrame> frame =
          watch_.measure(seconds_.decode, [&] { return frames->next(); });
      if (!frame.has_value()) break;
      torch::Tensor image =
          watch_.measure(seconds_.preprocess, [&] { return transform_(frame->rgb); });
      if (is_late()) throw late();
      const double container_seconds = frames->report().container_seconds;
      const double share =
          container_seconds > 0 ? std::min(1.0, frame->seconds / container_seconds) : 0;
      if (options_.windows.length == 1) {
        if (!take({std::move(image), frame->seconds, frame->repeat}, share))
          return frames->report();
        continue;
      }
      for (int64_t i = 0; i < frame->repeat; ++i)
        if (!hand_over(watch_.measure(seconds_.preprocess,
                                      [&] { return windows.push(image, frame->seconds); }),
                       share))
          return frames->report();
    }
    if (options_.windows.length > 1) hand_over(windows.finish(), 1);
    return frames->report();
  } catch (const VideoTimeout&) {
    throw;
  } catch (const VideoError&) {
    if (is_late()) throw late();
    throw;
  }
}

}  // namespace vidqa::features
