#include "features/sampled_frames.h"

#include <utility>

namespace vidqa::features {

struct SampledFrames::Impl {
  Impl(const std::string& path, const VideoReaderOptions& options,
       std::unique_ptr<FrameSampler> sampler)
      : reader(path, options), sampler(std::move(sampler)) {}

  void begin() {
    has_begun = true;
    sampler->begin({sampler->needs_end() ? reader.scan_end_seconds() : 0, reader.nominal_fps()});
  }

  VideoReader reader;
  std::unique_ptr<FrameSampler> sampler;
  bool has_begun = false;
};

SampledFrames::SampledFrames(const std::string& path, const SampledFramesOptions& options)
    : SampledFrames(path, options.reader, make_frame_sampler(options.sampler)) {}

SampledFrames::SampledFrames(const std::string& path, const VideoReaderOptions& options,
                             std::unique_ptr<FrameSampler> sampler)
    : impl_(std::make_unique<Impl>(path, options, std::move(sampler))) {}

SampledFrames::~SampledFrames() = default;

std::optional<SampledFrame> SampledFrames::next() {
  VideoReader& reader = impl_->reader;
  while (reader.grab()) {
    if (!impl_->has_begun) impl_->begin();
    const FrameSpan span{reader.seconds(), reader.end_seconds(), reader.is_last()};
    const int64_t rows = impl_->sampler->rows(span);
    reader.skip_until(impl_->sampler->idle_until());
    if (rows > 0) return SampledFrame{reader.retrieve(), span.begin, rows};
  }
  return std::nullopt;
}

DecodeReport SampledFrames::report() const { return impl_->reader.report(); }

}  // namespace vidqa::features
