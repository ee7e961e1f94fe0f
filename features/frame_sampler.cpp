#include "features/frame_sampler.h"

#include <algorithm>

#include <c10/util/Exception.h>

namespace vidqa::features {
namespace {

constexpr double kToleranceSeconds = 0.5e-3;

class FpsSampler : public FrameSampler {
 public:
  explicit FpsSampler(double fps) : fps_(fps) {}
  void begin(const std::vector<double>&, double) override { next_ = 0; }
  int64_t rows(double seconds) override {
    int64_t count = 0;
    for (; static_cast<double>(next_) / fps_ <= seconds + kToleranceSeconds; ++next_) ++count;
    return count;
  }

 private:
  double fps_;
  int64_t next_ = 0;  // row that is looked for
};

class UniformSampler : public FrameSampler {
 public:
  explicit UniformSampler(int64_t num_frames) : num_frames_(num_frames) {}
  bool needs_times() const override { return true; }
  void begin(const std::vector<double>& seconds, double end_seconds) override {
    index_ = 0;
    rows_of_frame_.assign(seconds.size(), 0);
    for (int64_t i = 0; i < num_frames_ && !seconds.empty(); ++i) {
      const double middle =
          (static_cast<double>(i) + 0.5) * end_seconds / static_cast<double>(num_frames_);
      const auto after = std::upper_bound(seconds.begin() + 1, seconds.end(), middle);
      ++rows_of_frame_[static_cast<size_t>(after - seconds.begin()) - 1];
    }
  }
  int64_t rows(double) override {
    return index_ < rows_of_frame_.size() ? rows_of_frame_[index_++] : 0;
  }

 private:
  int64_t num_frames_;
  std::vector<int64_t> rows_of_frame_;
  size_t index_ = 0;  // of the next frame
};

class EveryFrame : public FrameSampler {
 public:
  void begin(const std::vector<double>&, double) override {}
  int64_t rows(double) override { return 1; }
};

std::unique_ptr<FrameSampler> make_fps(const FrameSamplerOptions& options) {
  TORCH_CHECK(options.fps > 0 && options.fps <= 1000, "fps must be in (0, 1000], got ",
              options.fps);
  return std::make_unique<FpsSampler>(options.fps);
}

std::unique_ptr<FrameSampler> make_uniform(const FrameSamplerOptions& options) {
  TORCH_CHECK(options.num_frames >= 1, "num_frames must be at least 1, got ", options.num_frames);
  return std::make_unique<UniformSampler>(options.num_frames);
}

std::unique_ptr<FrameSampler> make_all(const FrameSamplerOptions&) {
  return std::make_unique<EveryFrame>();
}

}  // namespace

const std::vector<FrameSamplerEntry>& frame_sampler_table() {
  static const std::vector<FrameSamplerEntry> table = {
      {"fps", "a fixed number of frames a second", make_fps},
      {"uniform", "a fixed number of frames a video", make_uniform},
      {"all", "every frame", make_all},
  };
  return table;
}

std::unique_ptr<FrameSampler> make_frame_sampler(const FrameSamplerOptions& options) {
  std::string names;
  for (const FrameSamplerEntry& entry : frame_sampler_table()) {
    if (entry.name == options.name) return entry.make(options);
    names += (names.empty() ? "" : ", ") + entry.name;
  }
  TORCH_CHECK(false, "unknown sampler '", options.name, "'; accepted: ", names);
}

}  // namespace vidqa::features
