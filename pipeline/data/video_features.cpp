#include "pipeline/data/video_features.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "pipeline/data/feature_stream.h"
#include "pipeline/data/frame_sampling.h"

namespace vidqa::data {
namespace {

constexpr size_t kNamesInWarnings = 5;

/// a[t+1] - a[t] for every row; 0 for the last one, so that both streams are of one length.
torch::Tensor differences(const torch::Tensor& rows) {
  torch::Tensor result = torch::zeros_like(rows);
  const int64_t steps = rows.size(0) - 1;
  result.narrow(0, 0, steps).copy_(rows.narrow(0, 1, steps) - rows.narrow(0, 0, steps));
  return result;
}

/// Appearance and motion of a clip, step by step in pairs.
class FeaturePair {
 public:
  FeaturePair(const VideoFeatureOptions& options, const std::shared_ptr<ClipCache>& cache)
      : max_frames_(options.max_frames),
        sampling_(options.sampling),
        appearance_(stream("appearance", options.appearance_path, options.appearance_array), cache),
        appearance_norm_(options.norm),
        motion_norm_(options.norm) {
    TORCH_CHECK(max_frames_ >= 1, "video features: max_frames must be at least 1, got ",
                max_frames_);
    if (options.motion_path)
      motion_.emplace(stream("motion", *options.motion_path, options.motion_array), cache);
  }

  void fit(const std::vector<Question>& train) {
    const std::vector<Question> clips = one_question_per_clip(train);
    const auto count = static_cast<int64_t>(clips.size());
    const auto question = [&](int64_t i) { return clips[static_cast<size_t>(i)]; };
    appearance_norm_.fit(count, [&](int64_t i) { return sampled(question(i)).first; });
    motion_norm_.fit(count, [&](int64_t i) { return sampled(question(i)).second; });
  }

  void read(const Question& question, std::optional<uint64_t> draw, VideoFeatures::Clip& clip) {
    const auto [appearance, motion] = sampled(question, draw);
    if (appearance.size(0) == 0) {
      clip.appearance = torch::zeros({1, appearance.size(1)});
      clip.motion = torch::zeros({1, motion.size(1)});
      return;
    }
    clip.appearance = appearance_norm_.apply(appearance);
    clip.motion = motion_norm_.apply(motion);
  }

  std::vector<double> seconds(const Question& question) {
    const std::vector<double> times = appearance_.seconds(question);
    if (times.empty()) return {};
    std::vector<double> selected;
    for (const int64_t row : selected_rows(question, std::nullopt))
      selected.push_back(times.at(static_cast<size_t>(row)));
    return selected;
  }

  template <typename Visit>
  void for_each_stream(const Visit& visit) {
    visit(appearance_);
    if (motion_) visit(*motion_);
  }
  int64_t appearance_dim() const { return appearance_.dim(); }
  int64_t motion_dim() const { return motion_ ? motion_->dim() : appearance_.dim(); }

 private:
  static FeatureStreamOptions stream(const char* name, const std::string& path,
                                     const std::string& dense_array) {
    FeatureStreamOptions options;
    options.name = name;
    options.path = path;
    options.dense_array = dense_array;
    options.norm = FeatureNorm::kNone;
    return options;
  }

  /// Rows that both files have: the extractors may differ by a row or two at the end.
  int64_t common_rows(const Question& question) {
    const int64_t rows = appearance_.rows(question).size(0);
    return motion_ ? std::min(rows, motion_->rows(question).size(0)) : rows;
  }

  /// Which rows are the time steps that a model reads.
  std::vector<int64_t> selected_rows(const Question& question, std::optional<uint64_t> draw) {
    return select_rows(sampling_, common_rows(question), max_frames_, draw);
  }

  /// Rows of the time steps that a model reads, before any normalisation.
  std::pair<torch::Tensor, torch::Tensor> sampled(const Question& question,
                                                  std::optional<uint64_t> draw = std::nullopt) {
    torch::Tensor appearance = appearance_.rows(question);
    const torch::Tensor index = torch::tensor(selected_rows(question, draw), torch::kInt64);
    appearance = appearance.index_select(0, index);
    if (motion_) return {appearance, motion_->rows(question).index_select(0, index)};
    return {appearance, appearance.size(0) > 0 ? differences(appearance) : appearance};
  }

  int64_t max_frames_;
  FrameSampling sampling_;
  FeatureStream appearance_;
  std::optional<FeatureStream> motion_;
  RowNorm appearance_norm_;
  RowNorm motion_norm_;
};

}  // namespace

struct VideoFeatures::Impl {
  explicit Impl(const VideoFeatureOptions& options)
      : cache(std::make_shared<ClipCache>(options.cache_bytes)), shift(options.shift) {
    if (!options.appearance_path.empty()) pair.emplace(options, cache);
    for (const FeatureStreamOptions& stream : options.streams) streams.emplace_back(stream, cache);
    TORCH_CHECK(pair || !streams.empty(), "video features: a feature file must be named");
  }

  template <typename Visit>
  void for_each_stream(const Visit& visit) {
    if (pair) pair->for_each_stream(visit);
    for (FeatureStream& stream : streams) visit(stream);
  }

  std::shared_ptr<ClipCache> cache;
  VideoShift shift;
  std::optional<FeaturePair> pair;
  std::vector<FeatureStream> streams;
};

VideoFeatures::VideoFeatures(const VideoFeatureOptions& options, const std::vector<Question>& train)
    : impl_(std::make_unique<Impl>(options)) {
  if (impl_->pair) impl_->pair->fit(train);
  for (FeatureStream& stream : impl_->streams) stream.fit(train);
  if (!train.empty()) clip(train.front());  // the widths are known from here on
}

VideoFeatures::~VideoFeatures() = default;

VideoFeatures::Clip VideoFeatures::clip(const Question& question, std::optional<uint64_t> draw) {
  Clip clip;
  if (impl_->pair) impl_->pair->read(question, draw, clip);
  for (FeatureStream& stream : impl_->streams) clip.streams.push_back(stream.read(question));
  return clip;
}

std::vector<double> VideoFeatures::seconds(const Question& question) {
  if (impl_->shift != VideoShift::kNone) return {};
  if (impl_->pair) return impl_->pair->seconds(question);
  FeatureStream& stream = impl_->streams.front();
  std::vector<double> seconds = stream.seconds(question);
  seconds.resize(std::min(seconds.size(), static_cast<size_t>(stream.read(question).size(0))));
  return seconds;
}

std::vector<VideoFeatures::File> VideoFeatures::files() const {
  std::vector<File> files;
  impl_->for_each_stream([&](const FeatureStream& stream) {
    files.push_back({stream.name(), stream.path()});
  });
  return files;
}

void VideoFeatures::add_clips(const std::string& stream, const std::string& path) {
  impl_->for_each_stream([&](FeatureStream& candidate) {
    if (candidate.name() == stream) candidate.add_clips(path);
  });
}

void VideoFeatures::check(const Question& question) {
  impl_->for_each_stream([&](FeatureStream& stream) { stream.check(question); });
}

std::vector<std::string> VideoFeatures::warnings() const {
  std::vector<std::string> lines;
  impl_->for_each_stream([&](FeatureStream& stream) {
    const std::vector<std::string>& blind = stream.blind_questions();
    if (blind.empty()) return;
    const std::vector<std::string> first(
        blind.begin(),
        blind.begin() + static_cast<int64_t>(std::min(blind.size(), kNamesInWarnings)));
    lines.push_back(
        fmt::format("{} ({}): {} questions see no row of their clip and read zeros instead: {}{}",
                    stream.name(), stream.path(), blind.size(), fmt::join(first, ", "),
                    blind.size() > first.size() ? ", ..." : ""));
  });
  return lines;
}

bool VideoFeatures::has_pair() const { return impl_->pair.has_value(); }

VideoShift VideoFeatures::shift() const { return impl_->shift; }

int64_t VideoFeatures::appearance_dim() const {
  return impl_->pair ? impl_->pair->appearance_dim() : 0;
}

int64_t VideoFeatures::motion_dim() const { return impl_->pair ? impl_->pair->motion_dim() : 0; }

std::vector<std::string> VideoFeatures::stream_names() const {
  std::vector<std::string> names;
  for (const FeatureStream& stream : impl_->streams) names.push_back(stream.name());
  return names;
}

int64_t VideoFeatures::stream_dim(const std::string& name) const {
  for (const FeatureStream& stream : impl_->streams)
    if (stream.name() == name) return stream.dim();
  TORCH_CHECK(false, "feature stream '", name, "': the data has ",
              fmt::format("'{}'", fmt::join(stream_names(), "', '")));
}

}  // namespace vidqa::data
