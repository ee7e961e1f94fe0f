#include "features/frame_sampler.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <c10/util/Exception.h>

namespace vidqa::features {
namespace {

/// mkv and webm round times to milliseconds.
constexpr double kRoundingOfContainers = 0.5e-3;
/// Times are printed with six decimals, and typed in again.
constexpr double kRoundingOfPrint = 1e-6;
/// Times of frames are fractions, stored here as doubles: halves must stay halves.
constexpr double kRoundingOfDoubles = 1e-7;

class PtsSampler : public FrameSampler {
 public:
  explicit PtsSampler(double fps) : fps_(fps) {}
  void begin(const VideoTiming&) override { next_ = 0; }
  int64_t rows(const FrameSpan& frame) override {
    int64_t count = 0;
    for (; idle_until() <= frame.begin; ++next_) ++count;
    return count;
  }
  double idle_until() const override {
    return static_cast<double>(next_) / fps_ - kRoundingOfContainers;
  }

 private:
  double fps_;
  int64_t next_ = 0;  // row that is looked for
};

class FfmpegFpsSampler : public FrameSampler {
 public:
  explicit FfmpegFpsSampler(double fps) : fps_(fps) {}
  void begin(const VideoTiming&) override {
    next_ = 0;
    has_rows_ = false;
  }
  int64_t rows(const FrameSpan& frame) override {
    const auto end =
        static_cast<int64_t>(std::floor((frame.end + kRoundingOfDoubles) * fps_ + 0.5));
    int64_t count = std::max<int64_t>(0, end - next_);
    next_ += count;
    if (frame.is_last && !has_rows_ && count == 0) count = 1;
    has_rows_ |= count > 0;
    return count;
  }
  double idle_until() const override {
    return (static_cast<double>(next_) + 0.5) / fps_ - 2 * kRoundingOfDoubles;
  }

 private:
  double fps_;
  int64_t next_ = 0;  // multiple of 1 / fps that has no frame yet
  bool has_rows_ = false;
};

/// Follows the arithmetic of ffmpeg 5, including its way to keep off exact halves.
class FfmpegRSampler : public FrameSampler {
 public:
  explicit FfmpegRSampler(double fps) : fps_(fps) {}
  void begin(const VideoTiming& timing) override {
    next_ = 0;
    nominal_duration_ = timing.nominal_fps > 0 ? std::min(1.0, fps_ / timing.nominal_fps) : 0;
  }
  int64_t rows(const FrameSpan& frame) override {
    constexpr double kSteps = 65536;  // a tick of the output is cut into so many
    double time = std::round(frame.begin * fps_ * kSteps) / kSteps;
    if (time > 0) time += 0.5 / kSteps;
    const double own_duration = std::nearbyint((frame.end - frame.begin) * fps_);
    const double duration = own_duration > 0 ? own_duration : nominal_duration_;
    const double late = time - static_cast<double>(next_) + duration;
    if (late <= -kSlack) return 0;
    // A gap is left as it is; the next frame is counted from behind it.
    if (late > kSlack) next_ = std::max(next_, static_cast<int64_t>(std::nearbyint(time)));
    ++next_;
    return 1;
  }
  double idle_until() const override {
    const double longest = 1.1;  // by which a frame can reach beyond its end, rounding included
    return (static_cast<double>(next_) - kSlack - longest) / fps_;
  }

 private:
  static constexpr double kSlack = 0.6;

  double fps_;
  double nominal_duration_ = 0;  // of a frame, in ticks of the output
  int64_t next_ = 0;             // tick of the output
};

/// The frames on screen at given times.
class TimesSampler : public FrameSampler {
 public:
  explicit TimesSampler(std::vector<double> seconds) : seconds_(std::move(seconds)) {
    std::sort(seconds_.begin(), seconds_.end());
  }
  void begin(const VideoTiming&) override { next_ = 0; }
  int64_t rows(const FrameSpan& frame) override {
    int64_t count = 0;
    for (; next_ < seconds_.size() && seconds_[next_] + kRoundingOfPrint < frame.end; ++next_)
      ++count;
    return count;
  }
  double idle_until() const override {
    return next_ < seconds_.size() ? seconds_[next_] : std::numeric_limits<double>::infinity();
  }

 protected:
  std::vector<double> seconds_;
  size_t next_ = 0;
};

class UniformSampler : public TimesSampler {
 public:
  explicit UniformSampler(int64_t num_frames) : TimesSampler({}), num_frames_(num_frames) {}
  bool needs_end() const override { return true; }
  void begin(const VideoTiming& timing) override {
    TimesSampler::begin(timing);
    seconds_.clear();
    for (int64_t i = 0; i < num_frames_; ++i)
      seconds_.push_back((static_cast<double>(i) + 0.5) * timing.end_seconds /
                         static_cast<double>(num_frames_));
  }
  int64_t rows(const FrameSpan& frame) override {
    if (!frame.is_last) return TimesSampler::rows(frame);
    const auto rest = static_cast<int64_t>(seconds_.size() - next_);
    next_ = seconds_.size();
    return rest;
  }

 private:
  int64_t num_frames_;
};

class StrideSampler : public FrameSampler {
 public:
  explicit StrideSampler(int64_t stride) : stride_(stride) {}
  void begin(const VideoTiming&) override { frame_ = 0; }
  int64_t rows(const FrameSpan&) override { return frame_++ % stride_ == 0 ? 1 : 0; }

 private:
  int64_t stride_;
  int64_t frame_ = 0;
};

template <typename Sampler>
std::unique_ptr<FrameSampler> make_by_fps(const FrameSamplerOptions& options) {
  TORCH_CHECK(options.fps > 0 && options.fps <= 1000, "fps must be in (0, 1000], got ",
              options.fps);
  return std::make_unique<Sampler>(options.fps);
}

std::unique_ptr<FrameSampler> make_uniform(const FrameSamplerOptions& options) {
  TORCH_CHECK(options.num_frames >= 1, "uniform:N needs N of at least 1, got ", options.num_frames);
  return std::make_unique<UniformSampler>(options.num_frames);
}

std::unique_ptr<FrameSampler> make_stride(const FrameSamplerOptions& options) {
  TORCH_CHECK(options.stride >= 1, "stride:N needs N of at least 1, got ", options.stride);
  return std::make_unique<StrideSampler>(options.stride);
}

/// The N of `uniform:N` and `stride:N`; null for the others.
int64_t* sampler_number(FrameSamplerOptions& options) {
  if (options.name == "uniform") return &options.num_frames;
  if (options.name == "stride") return &options.stride;
  return nullptr;
}

}  // namespace

const std::vector<FrameSamplerEntry>& frame_sampler_table() {
  static const std::vector<FrameSamplerEntry> table = {
      {"pts", "the first frame at or after every 1/fps s", make_by_fps<PtsSampler>},
      {"ffmpeg-fps", "the frames of ffmpeg -vf fps=FPS", make_by_fps<FfmpegFpsSampler>},
      {"ffmpeg-r", "the frames of ffmpeg -r FPS", make_by_fps<FfmpegRSampler>},
      {"uniform", "uniform:N: N frames a video, evenly spread", make_uniform},
      {"stride", "stride:N: every N-th frame", make_stride},
  };
  return table;
}

std::string frame_sampler_names() {
  std::string names;
  for (const FrameSamplerEntry& entry : frame_sampler_table()) {
    FrameSamplerOptions named{entry.name};
    names +=
        (names.empty() ? "" : ", ") + entry.name + (sampler_number(named) != nullptr ? ":N" : "");
  }
  return names;
}

std::unique_ptr<FrameSampler> make_frame_sampler(const FrameSamplerOptions& options) {
  for (const FrameSamplerEntry& entry : frame_sampler_table())
    if (entry.name == options.name) return entry.make(options);
  TORCH_CHECK(false, "unknown sampler '", options.name, "'; accepted: ", frame_sampler_names());
}

std::unique_ptr<FrameSampler> make_times_sampler(std::vector<double> seconds) {
  return std::make_unique<TimesSampler>(std::move(seconds));
}

FrameSamplerOptions parse_frame_sampler(const std::string& text, double fps) {
  FrameSamplerOptions options;
  const size_t colon = text.find(':');
  options.name = text.substr(0, colon);
  options.fps = fps;
  if (colon != std::string::npos) {
    int64_t* number = sampler_number(options);
    if (number == nullptr) make_frame_sampler(options);  // an unknown name is the greater fault
    TORCH_CHECK(number != nullptr, "sampler '", text, "': ", options.name,
                " takes no number; the frame rate is an option of its own");
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, *number);
    TORCH_CHECK(error == std::errc() && stop == end, "sampler '", text, "': '",
                text.substr(colon + 1), "' is not a whole number");
  }
  make_frame_sampler(options);
  return options;
}

std::string to_string(const FrameSamplerOptions& options) {
  FrameSamplerOptions copy = options;
  const int64_t* number = sampler_number(copy);
  return number == nullptr ? options.name : options.name + ":" + std::to_string(*number);
}

bool uses_fps(const FrameSamplerOptions& options) {
  FrameSamplerOptions copy = options;
  return sampler_number(copy) == nullptr;
}

}  // namespace vidqa::features
