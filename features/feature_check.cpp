#include "features/feature_check.h"

#include <algorithm>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <torch/torch.h>

namespace vidqa::features {
namespace {

std::string first_line(const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  return text.substr(0, text.find('\n'));
}

std::string stored_fault(const FeatureReader& reader, const std::string& clip) {
  const Attributes attributes = reader.attributes(clip);
  const int64_t rows = reader.shape(clip)[0];
  const auto count = attributes.find(kRowCount);
  if (count != attributes.end() && count->second != Attributes::mapped_type(rows))
    return fmt::format("has {} rows, was written with {}", rows, std::get<int64_t>(count->second));
  const std::vector<double> times = reader.times_seconds(clip);
  if (!times.empty() && static_cast<int64_t>(times.size()) != rows)
    return fmt::format("has {} rows and {} times", rows, times.size());
  const auto hash = attributes.find(kContentHash);
  if (hash != attributes.end() &&
      hash->second != Attributes::mapped_type(reader.content_sha256(clip)))
    return "its content is not what was written (the hash differs)";
  return "";
}

std::string value_fault(const FeatureReader& reader, const std::string& clip) {
  const torch::Tensor rows = reader.read(clip);
  if (rows.size(0) == 0) return "has no rows";
  if (!torch::isfinite(rows).all().item<bool>()) return "holds NaN or Inf";
  return "";
}

}  // namespace

std::string clip_fault(const FeatureReader& reader, const std::string& clip) {
  try {
    if (!reader.contains(clip)) return "is not there";
    return stored_fault(reader, clip);
  } catch (const c10::Error& error) {
    return "cannot be read: " + first_line(error);
  } catch (const std::bad_variant_access&) {
    return "carries attributes of the wrong type";
  }
}

FileCheck check_feature_file(const std::string& path, const std::vector<std::string>& expected) {
  std::unique_ptr<FeatureReader> reader;
  try {
    reader = std::make_unique<FeatureReader>(path);
  } catch (const c10::Error& error) {
    TORCH_CHECK(
        false, first_line(error),
        "; the whole file is lost: remove it and make it again (vidqa merge where its parts "
        "are left, else vidqa extract)");
  }
  FileCheck check;
  const std::vector<std::string> clips = reader->clips();
  for (const std::string& clip : clips) {
    ++check.clips;
    std::string fault = clip_fault(*reader, clip);
    if (fault.empty()) fault = value_fault(*reader, clip);
    if (!fault.empty()) {
      check.faults.push_back({clip, fault});
      continue;
    }
    check.rows += reader->shape(clip)[0];
    check.without_hash += static_cast<int64_t>(reader->attributes(clip).count(kContentHash) == 0);
  }
  for (const std::string& clip : expected)
    if (!std::binary_search(clips.begin(), clips.end(), clip))
      check.faults.push_back({clip, "is not in the file"});
  return check;
}

}  // namespace vidqa::features
