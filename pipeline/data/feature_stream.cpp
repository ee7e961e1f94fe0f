#include "pipeline/data/feature_stream.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

namespace vidqa::data {

FeatureStream::FeatureStream(const std::string& path, std::string dense_array)
    : reader_(path), dense_array_(std::move(dense_array)), dense_arrays_(reader_.dense_arrays()) {}

torch::Tensor FeatureStream::find(const Question& question) const {
  for (const std::string& key : question.feature_keys)
    if (reader_.contains(key)) return reader_.read(key);
  const bool has_array =
      std::find(dense_arrays_.begin(), dense_arrays_.end(), dense_array_) != dense_arrays_.end();
  TORCH_CHECK(has_array && question.feature_row >= 0, missing_message(question));
  return reader_.read_dense(dense_array_, question.feature_row);
}

std::string FeatureStream::missing_message(const Question& question) const {
  std::string message = fmt::format("{}: no rows for clip '{}'; tried '{}'", reader_.path(),
                                    question.video, fmt::join(question.feature_keys, "', '"));
  if (question.feature_row >= 0)
    message += fmt::format(" and row {} of a dense array '{}'", question.feature_row, dense_array_);
  if (!dense_arrays_.empty()) {
    message +=
        fmt::format("; the file holds the dense arrays '{}'", fmt::join(dense_arrays_, "', '"));
  } else if (const std::vector<std::string> clips = reader_.clips(); !clips.empty()) {
    message += fmt::format("; the file holds {} clips, such as '{}'", clips.size(), clips.front());
  } else {
    message += "; the file holds no clips";
  }
  return message;
}

torch::Tensor FeatureStream::read(const Question& question) {
  torch::Tensor rows = find(question);
  const auto where = [&] { return fmt::format("{}: clip '{}'", reader_.path(), question.video); };
  TORCH_CHECK(rows.dim() == 2 && rows.size(0) > 0 && rows.size(1) > 0, where(),
              " has no rows; extract it again");
  if (dim_ < 0) dim_ = rows.size(1);
  TORCH_CHECK(rows.size(1) == dim_, where(), " has width ", rows.size(1), ", the clips before it ",
              dim_, "; the file mixes features of two kinds");
  const torch::Tensor finite = torch::isfinite(rows).all(1);  // (n)
  if (!finite.all().item<bool>()) {
    const int64_t bad_row = finite.logical_not().nonzero()[0].item<int64_t>();
    TORCH_CHECK(false, where(), " holds NaN or Inf in row ", bad_row, "; extract it again");
  }
  return rows;
}

int64_t FeatureStream::dim() const {
  TORCH_CHECK(dim_ > 0, reader_.path(), ": the feature width is known once a clip has been read");
  return dim_;
}

}  // namespace vidqa::data
