#include "pipeline/data/feature_stream.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

namespace vidqa::data {
namespace {

constexpr int64_t kRegionWidth = 2048;  // of TVQA's regional features
constexpr int64_t kBlindRegionRows = 2;

/// Throws naming the first row that is not finite; `where` names the clip.
void check_finite(const torch::Tensor& rows, const std::string& where) {
  const torch::Tensor finite = torch::isfinite(rows).all(1);  // (n)
  if (finite.all().item<bool>()) return;
  const int64_t bad_row = finite.logical_not().nonzero()[0].item<int64_t>();
  TORCH_CHECK(false, where, " holds NaN or Inf in row ", bad_row, "; extract it again");
}

}  // namespace

FeatureStream::FeatureStream(FeatureStreamOptions options, std::shared_ptr<ClipCache> cache)
    : options_(std::move(options)), cache_(std::move(cache)), norm_(options_.norm) {
  TORCH_CHECK(options_.max_rows >= 1 && options_.top_regions >= 1, "feature stream '",
              options_.name, "': must read at least one row, got ", options_.max_rows, " and ",
              options_.top_regions, " regions");
  if (options_.layout == FeatureLayout::kRegions) {
    region_file_ = std::make_unique<RegionFile>(options_.path);
    return;
  }
  if (std::filesystem::is_directory(options_.path)) {
    pickles_ = std::make_unique<PickledClips>(options_.path, options_.dense_array);
    return;
  }
  rows_file_ = std::make_unique<features::FeatureReader>(options_.path);
  dense_arrays_ = rows_file_->dense_arrays();
}

void FeatureStream::add_clips(const std::string& path) {
  TORCH_CHECK(rows_file_ != nullptr, options_.path, ": stream '", options_.name,
              "' reads no HDF5 file of rows, to which alone clips can be added");
  added_clips_ = std::make_unique<features::FeatureReader>(path);
}

void FeatureStream::fit(const std::vector<Question>& train) {
  const std::vector<Question> clips = one_question_per_clip(train);
  norm_.fit(static_cast<int64_t>(clips.size()),
            [&](int64_t i) { return rows(clips[static_cast<size_t>(i)]); });
}

Question::RowRange FeatureStream::visible_rows(const Question& question, int64_t num_rows) const {
  if (!question.feature_rows) return {0, num_rows};
  const Question::RowRange& range = *question.feature_rows;
  TORCH_CHECK(!range.must_exist || (range.first >= 0 && range.last <= num_rows), options_.path,
              ": question ", question.id, " asks for rows ", range.first, " to ", range.last - 1,
              " of clip '", question.video, "', which has ", num_rows,
              " rows; extract the clip again, one row a frame");
  const int64_t first = std::clamp<int64_t>(range.first, 0, num_rows);
  const int64_t last = std::clamp<int64_t>(range.last, first, num_rows);
  return {first, last};
}

torch::Tensor FeatureStream::find(const Question& question) const {
  if (pickles_ != nullptr) {
    for (const std::string& key : question.feature_keys)
      if (pickles_->contains(key)) return pickles_->read(key);
    TORCH_CHECK(false, missing_message(question));
  }
  for (const auto* file : {added_clips_.get(), rows_file_.get()})
    for (const std::string& key : question.feature_keys)
      if (file != nullptr && file->contains(key)) return file->read(key);
  const bool has_array = std::find(dense_arrays_.begin(), dense_arrays_.end(),
                                   options_.dense_array) != dense_arrays_.end();
  TORCH_CHECK(has_array && question.feature_row >= 0, missing_message(question));
  return rows_file_->read_dense(options_.dense_array, question.feature_row);
}

std::string FeatureStream::missing_message(const Question& question) const {
  std::string message = fmt::format("{}: no rows for clip '{}'; tried '{}'", options_.path,
                                    question.video, fmt::join(question.feature_keys, "', '"));
  if (region_file_ != nullptr) return message + " (groups with 'features' and 'scores')";
  if (pickles_ != nullptr)
    return message + fmt::format(" (files {}_<clip>.pkl)", options_.dense_array);
  if (question.feature_row >= 0)
    message += fmt::format(" and row {} of a dense array '{}'", question.feature_row,
                           options_.dense_array);
  if (!dense_arrays_.empty()) {
    message +=
        fmt::format("; the file holds the dense arrays '{}'", fmt::join(dense_arrays_, "', '"));
  } else if (const std::vector<std::string> clips = rows_file_->clips(); !clips.empty()) {
    message += fmt::format("; the file holds {} clips, such as '{}'", clips.size(), clips.front());
  } else {
    message += "; the file holds no clips";
  }
  return message;
}

torch::Tensor FeatureStream::clip(const Question& question) {
  const std::string key =
      fmt::format("{}\n{}\n{}", options_.path, options_.dense_array, question.video);
  if (cache_ != nullptr)
    if (const std::optional<torch::Tensor> cached = cache_->find(key)) return *cached;
  torch::Tensor rows = find(question);
  const std::string where = fmt::format("{}: clip '{}'", options_.path, question.video);
  TORCH_CHECK(rows.dim() == 2 && rows.size(0) > 0 && rows.size(1) > 0, where,
              " has no rows; extract it again");
  if (dim_ < 0) dim_ = rows.size(1);
  TORCH_CHECK(rows.size(1) == dim_, where, " has width ", rows.size(1), ", the clips before it ",
              dim_, "; the file mixes features of two kinds");
  check_finite(rows, where);
  num_rows_[question.video] = rows.size(0);
  if (cache_ != nullptr) cache_->insert(key, rows);
  return rows;
}

torch::Tensor FeatureStream::regions(const Question& question) {
  for (const std::string& key : question.feature_keys) {
    if (!region_file_->contains(key)) continue;
    torch::Tensor rows = region_file_->top(key, question.feature_rows, options_.top_regions);
    const bool is_blind = rows.size(0) == 0;
    num_rows_[question.video] = region_file_->last_frame(key);
    note_if_blind(question, is_blind, num_rows_[question.video]);
    if (is_blind) return torch::zeros({0, dim_ < 0 ? kRegionWidth : dim_});
    if (dim_ < 0) dim_ = rows.size(1);
    TORCH_CHECK(rows.size(1) == dim_, options_.path, ": clip '", question.video, "' has width ",
                rows.size(1), ", the clips before it ", dim_);
    return rows;
  }
  TORCH_CHECK(false, missing_message(question));
}

torch::Tensor FeatureStream::rows(const Question& question) {
  if (region_file_ != nullptr) return regions(question);
  const torch::Tensor whole = clip(question);
  const Question::RowRange visible = visible_rows(question, whole.size(0));
  note_if_blind(question, visible.first == visible.last, whole.size(0));
  return whole.narrow(0, visible.first, visible.last - visible.first);
}

std::vector<double> FeatureStream::seconds(const Question& question) const {
  for (const auto* file : {added_clips_.get(), rows_file_.get()}) {
    if (file == nullptr) continue;
    for (const std::string& key : question.feature_keys) {
      if (!file->contains(key)) continue;
      const std::vector<double> whole = file->times_seconds(key);
      if (whole.empty()) return {};
      const auto visible = visible_rows(question, static_cast<int64_t>(whole.size()));
      return {whole.begin() + visible.first, whole.begin() + visible.last};
    }
  }
  return {};
}

torch::Tensor FeatureStream::read(const Question& question) {
  const torch::Tensor seen = rows(question);
  const int64_t count = seen.size(0);
  if (count == 0)
    return torch::zeros({region_file_ != nullptr ? kBlindRegionRows : 1, seen.size(1)});
  return norm_.apply(seen.narrow(0, 0, std::min(count, options_.max_rows)));
}

void FeatureStream::check(const Question& question) {
  if (region_file_ != nullptr) {
    for (const std::string& key : question.feature_keys) {
      if (!region_file_->contains(key)) continue;
      const int64_t last = region_file_->last_frame(key);
      num_rows_[question.video] = last;
      const auto& range = question.feature_rows;
      const bool is_blind =
          range ? std::max<int64_t>(range->first, 1) > std::min(range->last, last) - 1 : last < 1;
      note_if_blind(question, is_blind, last);
      if (dim_ < 0 && !is_blind) regions(question);  // learns the width
      return;
    }
    TORCH_CHECK(false, missing_message(question));
  }
  const auto known = num_rows_.find(question.video);
  const int64_t num_rows = known != num_rows_.end() ? known->second : clip(question).size(0);
  const Question::RowRange visible = visible_rows(question, num_rows);
  note_if_blind(question, visible.first == visible.last, num_rows);
}

void FeatureStream::note_if_blind(const Question& question, bool is_blind, int64_t num_rows) {
  if (!is_blind || !blind_ids_.insert(question.id).second) return;
  const Question::RowRange range = question.feature_rows.value_or(Question::RowRange{0, num_rows});
  blind_questions_.push_back(fmt::format("{} ({}, rows {} to {} of {})", question.id,
                                         question.video, range.first, range.last, num_rows));
}

int64_t FeatureStream::dim() const {
  if (dim_ < 0 && region_file_ != nullptr) return kRegionWidth;
  TORCH_CHECK(dim_ > 0, options_.path, ": the feature width is known once a clip has been read");
  return dim_;
}

std::vector<Question> one_question_per_clip(const std::vector<Question>& questions) {
  std::map<std::string, const Question*> clips;
  for (const Question& question : questions) clips.emplace(question.video, &question);
  std::vector<Question> result;
  result.reserve(clips.size());
  for (const auto& [video, question] : clips) {
    Question whole;
    whole.id = question->id;
    whole.video = question->video;
    whole.feature_keys = question->feature_keys;
    whole.feature_row = question->feature_row;
    result.push_back(std::move(whole));
  }
  return result;
}

}  // namespace vidqa::data
