#include "pipeline/data/pickled_clips.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/types.h>

#include "features/pickle_numpy.h"
#include "pipeline/data/text_file.h"

namespace vidqa::data {
namespace {

namespace fs = std::filesystem;
namespace pickle = features::pickle;

constexpr const char* kExtension = ".pkl";
constexpr const char* kFeatures = "feat";

/// Stems of the pickles in a folder.
std::vector<std::string> pickle_stems(const std::string& folder) {
  std::vector<std::string> stems;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == kExtension) stems.push_back(entry.path().stem().string());
  std::sort(stems.begin(), stems.end());
  return stems;
}

torch::Tensor features_of(const std::string& content) {
  const pickle::ValuePtr root = pickle::read(content, pickle::numpy_globals());
  for (const auto& [key, value] : pickle::as_dict(*root).items)
    if (pickle::as_string(*key) == kFeatures) return pickle::as_tensor(*value);
  throw std::runtime_error(fmt::format("the key '{}' is missing", kFeatures));
}

}  // namespace

PickledClips::PickledClips(std::string folder, std::string kind)
    : folder_(std::move(folder)), kind_(std::move(kind)) {
  if (!clips().empty()) return;
  std::set<std::string> kinds;
  for (const std::string& stem : pickle_stems(folder_))
    if (const size_t end = stem.find('_'); end != std::string::npos)
      kinds.insert(stem.substr(0, end));
  TORCH_CHECK(false, folder_, ": holds no ", kind_, "_<clip>.pkl; ",
              kinds.empty()
                  ? "it holds no pickled features"
                  : fmt::format("it holds features of the kinds {}", fmt::join(kinds, ", ")));
}

std::string PickledClips::file(const std::string& clip) const {
  return fmt::format("{}/{}_{}{}", folder_, kind_, clip, kExtension);
}

bool PickledClips::contains(const std::string& clip) const { return fs::exists(file(clip)); }

std::vector<std::string> PickledClips::clips() const {
  const std::string prefix = kind_ + "_";
  std::vector<std::string> names;
  for (const std::string& stem : pickle_stems(folder_))
    if (stem.rfind(prefix, 0) == 0) names.push_back(stem.substr(prefix.size()));
  return names;
}

torch::Tensor PickledClips::read(const std::string& clip) const {
  const std::string path = file(clip);
  const std::string content = read_text(path);
  torch::Tensor rows;
  try {
    rows = features_of(content);
  } catch (const c10::Error&) {
    throw;
  } catch (const std::runtime_error& error) {
    TORCH_CHECK(false, path, ": is not a pickled {'feat': array}: ", error.what());
  }
  TORCH_CHECK(rows.dim() == 2, path, ": 'feat' must be an array of rows, has shape ", rows.sizes());
  return rows.to(torch::kFloat32);
}

}  // namespace vidqa::data
