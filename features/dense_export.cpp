#include "features/dense_export.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <c10/util/Exception.h>
#include <torch/torch.h>

#include "features/feature_store.h"
#include "features/feature_writer.h"

namespace vidqa::features {
namespace {

int64_t number_of(const std::string& clip, const std::string& path) {
  size_t begin = clip.size();
  while (begin > 0 && clip[begin - 1] >= '0' && clip[begin - 1] <= '9') --begin;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(clip.data() + begin, clip.data() + clip.size(), number);
  TORCH_CHECK(error == std::errc() && number >= 1, "clip '", clip, "' of '", path,
              "' does not end in the number of a video, from 1, such as vid12");
  return number;
}

/// Number of the video -> clip.
std::map<int64_t, std::string> numbered_clips(const FeatureReader& reader) {
  std::map<int64_t, std::string> clips;
  for (const std::string& clip : reader.clips()) {
    const auto [other, is_new] = clips.emplace(number_of(clip, reader.path()), clip);
    TORCH_CHECK(is_new, "clips '", other->second, "' and '", clip, "' of '", reader.path(),
                "' have one number");
  }
  TORCH_CHECK(!clips.empty(), "feature file '", reader.path(), "' holds no clips");
  return clips;
}

}  // namespace

DenseExportResult export_dense(const DenseExportOptions& options) {
  TORCH_CHECK(!options.arrays.empty(), "dense export: no arrays given");
  DenseExportResult result;
  std::map<std::string, std::map<int64_t, std::string>> clips;  // by array
  for (const auto& [array, path] : options.arrays) {
    clips[array] = numbered_clips(FeatureReader(path));
    result.videos = std::max(result.videos, clips[array].rbegin()->first);
  }
  std::set<int64_t> missing;
  for (const auto& [array, numbered] : clips)
    for (int64_t number = 1; number <= result.videos; ++number)
      if (numbered.count(number) == 0) missing.insert(number);
  result.missing.assign(missing.begin(), missing.end());
  TORCH_CHECK(options.allow_missing || missing.empty(), "'", options.output,
              "' would have no features of ", missing.size(), " videos, the first of them number ",
              missing.empty() ? 0 : *missing.begin(),
              "; extract them, or allow missing ones to write zeros");

  FeatureWriter writer(options.output);
  for (const auto& [array, path] : options.arrays) {
    const FeatureReader reader(path);
    torch::Tensor dense;
    for (const auto& [number, clip] : clips[array]) {
      const torch::Tensor rows = reader.read(clip);
      if (!dense.defined()) dense = torch::zeros({result.videos, rows.size(0), rows.size(1)});
      TORCH_CHECK(rows.sizes() == dense.sizes().slice(1), "clip '", clip, "' of '", path,
                  "' has the shape ", rows.sizes(), ", others ", dense.sizes().slice(1),
                  "; every clip needs as many rows, such as with the sampler uniform:20");
      dense[number - 1].copy_(rows);
    }
    Attributes attributes = reader.attributes();
    attributes.erase(kComplete);
    writer.write_dense(array, dense, attributes);
  }
  writer.close();
  return result;
}

}  // namespace vidqa::features
