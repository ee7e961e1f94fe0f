#include "pipeline/data/region_file.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>
#include <torch/torch.h>

namespace vidqa::data {
namespace {

using features::Hdf5Handle;

constexpr int64_t kRegionsPerFrame = 20;

hid_t open_file(const std::string& path) {
  features::silence_hdf5();
  TORCH_CHECK(std::filesystem::exists(path), "feature file '", path, "' does not exist");
  return H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
}

/// Whether there is an object of this absolute name.
bool exists(hid_t file, const std::string& name) {
  for (size_t end = name.find('/', 1);; end = name.find('/', end + 1)) {
    if (H5Lexists(file, name.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

/// Takes the largest number among names into `*largest`.
herr_t take_number(hid_t, const char* name, const H5L_info_t*, void* largest) {
  const std::string text = name;
  int64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  auto& result = *static_cast<int64_t*>(largest);
  if (error == std::errc() && stop == text.data() + text.size()) result = std::max(result, number);
  return 0;
}

/// Order of `scores` (n) from the highest, equal ones in the order of their places.
torch::Tensor descending(const torch::Tensor& scores) {
  return std::get<1>(torch::sort(scores, /*stable=*/true, /*dim=*/0, /*descending=*/true));
}

}  // namespace

RegionFile::RegionFile(const std::string& path)
    : path_(path), file_(open_file(path), H5Fclose, "open '" + path + "' as an HDF5 file") {}

bool RegionFile::contains(const std::string& clip) const {
  return !clip.empty() && clip.find('/') == std::string::npos &&
         exists(file_, "/" + clip + "/features");
}

int64_t RegionFile::last_frame(const std::string& clip) {
  const auto [entry, is_new] = last_frames_.emplace(clip, 0);
  if (!is_new) return entry->second;
  const std::string name = "/" + clip + "/features";
  const std::string doing = fmt::format("list '{}' of '{}'", name, path_);
  const Hdf5Handle group(H5Gopen2(file_, name.c_str(), H5P_DEFAULT), H5Gclose, doing);
  features::check_hdf5(
      H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, take_number, &entry->second),
      doing);
  return entry->second;
}

torch::Tensor RegionFile::read(const std::string& name, int dims) const {
  const std::string doing = fmt::format("read '{}' of '{}'", name, path_);
  TORCH_CHECK(exists(file_, name), path_, ": has no data set '", name, "'");
  const Hdf5Handle set(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), H5Dclose, doing);
  const Hdf5Handle space(H5Dget_space(set), H5Sclose, doing);
  const int rank = H5Sget_simple_extent_ndims(space);
  TORCH_CHECK(rank == dims, path_, ": '", name, "' must have ", dims, " dimensions, has ", rank);
  std::vector<hsize_t> shape(static_cast<size_t>(rank));
  H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  torch::Tensor values =
      torch::empty(std::vector<int64_t>(shape.begin(), shape.end()), torch::kFloat32);
  if (values.numel() > 0)
    features::check_hdf5(
        H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data_ptr()), doing);
  TORCH_CHECK(torch::isfinite(values).all().item<bool>(), path_, ": '", name,
              "' holds NaN or Inf; extract it again");
  return values;
}

void RegionFile::append_frame(const std::string& clip, int64_t frame,
                              std::vector<torch::Tensor>& features,
                              std::vector<torch::Tensor>& scores) const {
  torch::Tensor rows = read(fmt::format("/{}/features/{}", clip, frame), 2);
  torch::Tensor weights = read(fmt::format("/{}/scores/{}", clip, frame), 1);
  TORCH_CHECK(rows.size(0) == weights.size(0), path_, ": frame ", frame, " of clip '", clip,
              "' has ", rows.size(0), " detections and ", weights.size(0), " scores");
  if (rows.size(0) > kRegionsPerFrame) {
    const torch::Tensor best = descending(weights).narrow(0, 0, kRegionsPerFrame);
    rows = rows.index_select(0, best);
    weights = weights.index_select(0, best);
  }
  const int64_t missing = kRegionsPerFrame - rows.size(0);
  TORCH_CHECK(features.empty() || rows.size(1) == features.front().size(1), path_, ": frame ",
              frame, " of clip '", clip, "' has width ", rows.size(1), ", the frames before it ",
              features.empty() ? 0 : features.front().size(1));
  features.push_back(torch::constant_pad_nd(rows, {0, 0, 0, missing}));
  scores.push_back(torch::constant_pad_nd(weights, {0, missing}));
}

torch::Tensor RegionFile::top(const std::string& clip,
                              const std::optional<Question::RowRange>& rows, int64_t count) {
  const int64_t last_frame = this->last_frame(clip);
  const int64_t first = rows ? std::max<int64_t>(rows->first, 1) : 1;
  const int64_t last = rows ? std::min(rows->last, last_frame) - 1 : last_frame;
  std::vector<torch::Tensor> features;
  std::vector<torch::Tensor> scores;
  for (int64_t frame = first; frame <= last; ++frame) append_frame(clip, frame, features, scores);
  if (features.empty()) return torch::zeros({0, 0});
  const torch::Tensor order = descending(torch::cat(scores));
  return torch::cat(features).index_select(0, order.narrow(0, 0, std::min(count, order.size(0))));
}

}  // namespace vidqa::data
