#include "features/feature_store.h"

#include <algorithm>
#include <filesystem>

#include <c10/util/Exception.h>
#include <torch/types.h>

#include "features/hash.h"
#include "features/hdf5_handles.h"

namespace vidqa::features {
namespace {

constexpr size_t kNamesInErrors = 5;

std::string first_names(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kNamesInErrors); ++i)
    text += (i == 0 ? "'" : ", '") + names[i] + "'";
  return names.size() > kNamesInErrors ? text + ", ..." : text;
}

/// Reads a text or number attribute into `attributes`; leaves out any other.
void read_attribute(hid_t object, const std::string& name, Attributes& attributes,
                    const std::string& doing) {
  const Hdf5Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, doing);
  const Hdf5Handle type(H5Aget_type(attribute), H5Tclose, doing);
  const Hdf5Handle space(H5Aget_space(attribute), H5Sclose, doing);
  if (H5Sget_simple_extent_npoints(space) != 1) return;

  const H5T_class_t type_class = H5Tget_class(type);
  if (type_class == H5T_INTEGER) {
    int64_t value = 0;
    check_hdf5(H5Aread(attribute, H5T_NATIVE_INT64, &value), doing);
    attributes[name] = value;
  } else if (type_class == H5T_FLOAT) {
    double value = 0;
    check_hdf5(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value), doing);
    attributes[name] = value;
  } else if (type_class == H5T_STRING && H5Tis_variable_str(type) > 0) {
    char* text = nullptr;
    check_hdf5(H5Aread(attribute, type, &text), doing);
    const std::unique_ptr<char, herr_t (*)(void*)> owner(text, H5free_memory);
    attributes[name] = std::string(text == nullptr ? "" : text);
  } else if (type_class == H5T_STRING) {
    std::string text(H5Tget_size(type), '\0');
    check_hdf5(H5Aread(attribute, type, text.data()), doing);
    attributes[name] = text.substr(0, text.find('\0'));
  }
}

/// `Info` is what HDF5 tells about a link or an attribute besides its name.
template <typename Info>
herr_t append_name(hid_t, const char* name, const Info*, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

Attributes read_attributes(hid_t object, const std::string& doing) {
  std::vector<std::string> names;
  hsize_t position = 0;
  check_hdf5(
      H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, append_name<H5A_info_t>, &names),
      doing);
  Attributes attributes;
  for (const std::string& name : names) read_attribute(object, name, attributes, doing);
  return attributes;
}

hid_t open_file(const std::string& path) {
  silence_hdf5();
  TORCH_CHECK(std::filesystem::exists(path), "feature file '", path, "' does not exist");
  return H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
}

}  // namespace

std::string to_string(FeatureType type) {
  return type == FeatureType::kFloat16 ? "float16" : "float32";
}

FeatureType parse_feature_type(const std::string& name) {
  if (name == "float16") return FeatureType::kFloat16;
  TORCH_CHECK(name == "float32", "unknown type '", name,
              "' of features; accepted: float16, float32");
  return FeatureType::kFloat32;
}

struct FeatureReader::Impl {
  explicit Impl(const std::string& path)
      : path(path), file(open_file(path), H5Fclose, "open '" + path + "' as an HDF5 file") {}

  std::string doing(const std::string& name) const {
    return "read '" + name + "' of '" + path + "'";
  }

  /// Shape of the data set directly below the root; nothing for any other name.
  std::vector<hsize_t> shape(const std::string& name) const {
    if (name.empty() || name == "." || name.find('/') != std::string::npos) return {};
    if (H5Lexists(file, name.c_str(), H5P_DEFAULT) <= 0) return {};
    const Hdf5Handle object(H5Oopen(file, name.c_str(), H5P_DEFAULT), H5Oclose, doing(name));
    if (H5Iget_type(object) != H5I_DATASET) return {};
    const Hdf5Handle space(H5Dget_space(object), H5Sclose, doing(name));
    std::vector<hsize_t> dims(static_cast<size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
    H5Sget_simple_extent_dims(space, dims.data(), nullptr);
    return dims;
  }
  static bool is_clip(const std::vector<hsize_t>& shape) {
    return shape.size() == 1 || shape.size() == 2;
  }

  /// Names below the root, in the order of their bytes, whose data set has the wanted shape.
  std::vector<std::string> names_if(bool (*wanted)(const std::vector<hsize_t>&)) const {
    std::vector<std::string> names;
    check_hdf5(
        H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, nullptr, append_name<H5L_info_t>, &names),
        "list '" + path + "'");
    names.erase(std::remove_if(names.begin(), names.end(),
                               [&](const std::string& name) { return !wanted(shape(name)); }),
                names.end());
    return names;
  }

  bool has_times(const std::string& clip) const {
    return H5Lexists(file, "_times", H5P_DEFAULT) > 0 &&
           H5Lexists(file, ("_times/" + clip).c_str(), H5P_DEFAULT) > 0;
  }

  /// Adds the bytes of a data set as they are in the file, some rows at a time.
  void hash_data(const std::string& name, Sha256& hash) const;

  Hdf5Handle open(const std::string& name) const {
    return {H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose, doing(name)};
  }

  std::string path;
  Hdf5Handle file;
};

void FeatureReader::Impl::hash_data(const std::string& name, Sha256& hash) const {
  constexpr hsize_t kBytesAtATime = 1 << 22;
  const Hdf5Handle set = open(name);
  const Hdf5Handle type(H5Dget_type(set), H5Tclose, doing(name));
  const Hdf5Handle space(H5Dget_space(set), H5Sclose, doing(name));
  std::vector<hsize_t> dims(static_cast<size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
  H5Sget_simple_extent_dims(space, dims.data(), nullptr);
  hsize_t row_bytes = H5Tget_size(type);
  for (size_t i = 1; i < dims.size(); ++i) row_bytes *= dims[i];
  if (dims.empty() || row_bytes == 0) return;

  const hsize_t step = std::max<hsize_t>(1, kBytesAtATime / row_bytes);
  std::vector<hsize_t> start(dims.size(), 0), count = dims;
  std::vector<char> buffer;
  for (; start[0] < dims[0]; start[0] += count[0]) {
    count[0] = std::min(step, dims[0] - start[0]);
    buffer.resize(count[0] * row_bytes);
    check_hdf5(
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
        doing(name));
    const Hdf5Handle memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr),
                            H5Sclose, doing(name));
    check_hdf5(H5Dread(set, type, memory, space, H5P_DEFAULT, buffer.data()), doing(name));
    hash.update(buffer.data(), buffer.size());
  }
}

FeatureReader::FeatureReader(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
FeatureReader::~FeatureReader() = default;

const std::string& FeatureReader::path() const { return impl_->path; }

bool FeatureReader::contains(const std::string& clip) const {
  return Impl::is_clip(impl_->shape(clip));
}

std::vector<std::string> FeatureReader::clips() const { return impl_->names_if(Impl::is_clip); }

std::vector<std::string> FeatureReader::dense_arrays() const {
  return impl_->names_if([](const std::vector<hsize_t>& shape) { return shape.size() == 3; });
}

torch::Tensor FeatureReader::read(const std::string& clip) const {
  const std::vector<hsize_t> shape = impl_->shape(clip);
  if (!Impl::is_clip(shape)) {
    const std::vector<std::string> names = clips();
    const std::string arrays = first_names(dense_arrays());
    TORCH_CHECK(false, "feature file '", impl_->path, "' has no clip '", clip, "'; it holds ",
                names.size(), " clips", names.empty() ? "" : ": ", first_names(names),
                arrays.empty() ? "" : " and the dense arrays ", arrays);
  }
  const auto columns = static_cast<int64_t>(shape.back());
  const auto rows = shape.size() == 2 ? static_cast<int64_t>(shape.front()) : 1;
  torch::Tensor features = torch::empty({rows, columns}, torch::kFloat32);
  if (features.numel() == 0) return features;
  check_hdf5(H5Dread(impl_->open(clip), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                     features.data_ptr()),
             impl_->doing(clip));
  return features;
}

torch::Tensor FeatureReader::read_dense(const std::string& array, int64_t row) const {
  const std::vector<hsize_t> shape = impl_->shape(array);
  TORCH_CHECK(shape.size() == 3, "feature file '", impl_->path, "' has no dense (N, T, D) array '",
              array, "'; it holds ", dense_arrays().empty() ? "none" : first_names(dense_arrays()));
  TORCH_CHECK(row >= 0 && row < static_cast<int64_t>(shape[0]), "dense array '", array, "' of '",
              impl_->path, "' has rows 0 to ", static_cast<int64_t>(shape[0]) - 1, ", got ", row);
  torch::Tensor features = torch::empty(
      {static_cast<int64_t>(shape[1]), static_cast<int64_t>(shape[2])}, torch::kFloat32);
  if (features.numel() == 0) return features;

  const Hdf5Handle set = impl_->open(array);
  const Hdf5Handle file_space(H5Dget_space(set), H5Sclose, impl_->doing(array));
  const hsize_t start[] = {static_cast<hsize_t>(row), 0, 0};
  const hsize_t count[] = {1, shape[1], shape[2]};
  check_hdf5(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start, nullptr, count, nullptr),
             impl_->doing(array));
  const Hdf5Handle memory_space(H5Screate_simple(3, count, nullptr), H5Sclose, impl_->doing(array));
  check_hdf5(
      H5Dread(set, H5T_NATIVE_FLOAT, memory_space, file_space, H5P_DEFAULT, features.data_ptr()),
      impl_->doing(array));
  return features;
}

std::vector<int64_t> FeatureReader::shape(const std::string& clip) const {
  const std::vector<hsize_t> shape = impl_->shape(clip);
  TORCH_CHECK(Impl::is_clip(shape), "feature file '", impl_->path, "' has no clip '", clip, "'");
  if (shape.size() == 1) return {1, static_cast<int64_t>(shape[0])};
  return {static_cast<int64_t>(shape[0]), static_cast<int64_t>(shape[1])};
}

std::string FeatureReader::content_sha256(const std::string& clip) const {
  Sha256 hash;
  impl_->hash_data(clip, hash);
  if (impl_->has_times(clip)) impl_->hash_data("_times/" + clip, hash);
  return hash.finish();
}

std::vector<double> FeatureReader::times_seconds(const std::string& clip) const {
  if (!contains(clip) || !impl_->has_times(clip)) return {};
  const std::string name = "_times/" + clip;
  const Hdf5Handle set = impl_->open(name);
  const Hdf5Handle space(H5Dget_space(set), H5Sclose, impl_->doing(name));
  std::vector<double> times(static_cast<size_t>(H5Sget_simple_extent_npoints(space)));
  if (!times.empty())
    check_hdf5(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, times.data()),
               impl_->doing(name));
  return times;
}

Attributes FeatureReader::attributes() const {
  return read_attributes(impl_->file, "read the attributes of '" + impl_->path + "'");
}

Attributes FeatureReader::attributes(const std::string& clip) const {
  return read_attributes(impl_->open(clip), impl_->doing(clip));
}

}  // namespace vidqa::features
