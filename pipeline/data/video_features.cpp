#include "pipeline/data/video_features.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include "pipeline/data/feature_stream.h"
#include "pipeline/data/frame_sampling.h"

namespace vidqa::data {
namespace {

constexpr double kMinNorm = 1e-12;  // torch.nn.functional.normalize

/// Mean and standard deviation of every column, each (1, D); a column that never varies keeps its
/// scale.
struct ColumnStatistics {
  torch::Tensor mean;
  torch::Tensor deviation;

  torch::Tensor standardize(const torch::Tensor& rows) const { return (rows - mean) / deviation; }
};

ColumnStatistics column_statistics(const std::vector<torch::Tensor>& clips) {
  torch::Tensor sum = torch::zeros({1, clips.front().size(1)}, torch::kFloat64);
  torch::Tensor squares = torch::zeros_like(sum);
  int64_t rows = 0;
  for (const torch::Tensor& clip : clips) {
    sum += clip.to(torch::kFloat64).sum(0, /*keepdim=*/true);
    rows += clip.size(0);
  }
  const torch::Tensor mean = sum / rows;
  for (const torch::Tensor& clip : clips)
    squares += (clip.to(torch::kFloat64) - mean).square().sum(0, /*keepdim=*/true);
  torch::Tensor deviation = (squares / rows).sqrt();
  const torch::Tensor constant = deviation <= 1e-7 * mean.abs();  // float32 noise of equal values
  deviation = torch::where(constant, torch::ones_like(deviation), deviation);
  return {mean.to(torch::kFloat32), deviation.to(torch::kFloat32)};
}

/// a[t+1] - a[t] for every row; 0 for the last one, so that both streams are of one length.
torch::Tensor differences(const torch::Tensor& rows) {
  torch::Tensor result = torch::zeros_like(rows);
  const int64_t steps = rows.size(0) - 1;
  result.narrow(0, 0, steps).copy_(rows.narrow(0, 1, steps) - rows.narrow(0, 0, steps));
  return result;
}

torch::Tensor l2_normalized(const torch::Tensor& rows) {
  return rows / rows.norm(2, {1}, /*keepdim=*/true).clamp_min(kMinNorm);
}

}  // namespace

struct VideoFeatures::Impl {
  explicit Impl(const VideoFeatureOptions& options)
      : options(options), appearance(options.appearance_path, "vgg") {
    TORCH_CHECK(options.max_frames >= 1, "video features: max_frames must be at least 1, got ",
                options.max_frames);
    if (options.motion_path) motion.emplace(*options.motion_path, "c3d");
  }

  /// Rows of the time steps that a model reads, before any normalisation.
  Clip read(const Question& question) {
    Clip clip;
    clip.appearance = appearance.read(question);
    int64_t rows = clip.appearance.size(0);
    if (motion) {
      clip.motion = motion->read(question);
      rows = std::min(rows,
                      clip.motion.size(0));  // the extractors may differ by a row or two at the end
    }
    const torch::Tensor index = torch::tensor(sample_rows(rows, options.max_frames), torch::kInt64);
    clip.appearance = clip.appearance.index_select(0, index);
    clip.motion = motion ? clip.motion.index_select(0, index) : differences(clip.appearance);
    return clip;
  }

  void normalize(Clip& clip) const {
    switch (options.norm) {
      case FeatureNorm::kNone:
        return;
      case FeatureNorm::kL2:
        clip = {l2_normalized(clip.appearance), l2_normalized(clip.motion)};
        return;
      case FeatureNorm::kStandardize:
        clip = {appearance_statistics.standardize(clip.appearance),
                motion_statistics.standardize(clip.motion)};
        return;
    }
  }

  /// Reads every clip of `train`, takes the statistics over them, then normalises them.
  void fit(const std::vector<Question>& train) {
    TORCH_CHECK(!train.empty(), "video features: standardizing needs training questions, got none");
    for (const Question& question : train)
      if (clips.count(question.video) == 0) clips.emplace(question.video, read(question));
    std::vector<torch::Tensor> appearance_rows;
    std::vector<torch::Tensor> motion_rows;
    for (const auto& [video, clip] : clips) {
      appearance_rows.push_back(clip.appearance);
      motion_rows.push_back(clip.motion);
    }
    appearance_statistics = column_statistics(appearance_rows);
    motion_statistics = column_statistics(motion_rows);
    for (auto& [video, clip] : clips) normalize(clip);
  }

  VideoFeatureOptions options;
  FeatureStream appearance;
  std::optional<FeatureStream> motion;
  ColumnStatistics appearance_statistics;
  ColumnStatistics motion_statistics;
  std::map<std::string, Clip>
      clips;  ///< by Question::video; sorted, so that sums do not depend on hashing
};

VideoFeatures::VideoFeatures(const VideoFeatureOptions& options, const std::vector<Question>& train)
    : impl_(std::make_unique<Impl>(options)) {
  if (options.norm == FeatureNorm::kStandardize) {
    impl_->fit(train);
  } else if (!train.empty()) {
    clip(train.front());  // the widths are known from here on
  }
}

VideoFeatures::~VideoFeatures() = default;

const VideoFeatures::Clip& VideoFeatures::clip(const Question& question) {
  auto found = impl_->clips.find(question.video);
  if (found == impl_->clips.end()) {
    Clip clip = impl_->read(question);
    impl_->normalize(clip);
    found = impl_->clips.emplace(question.video, std::move(clip)).first;
  }
  return found->second;
}

int64_t VideoFeatures::appearance_dim() const { return impl_->appearance.dim(); }

int64_t VideoFeatures::motion_dim() const {
  return impl_->motion ? impl_->motion->dim() : impl_->appearance.dim();
}

}  // namespace vidqa::data
