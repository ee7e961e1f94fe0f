#include "tests/testing/golden_file.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include <hdf5.h>

namespace vidqa::testing {
namespace {

/// An HDF5 identifier that closes itself.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t), const std::string& what) : id_(id), close_(close) {
    if (id_ < 0) throw std::runtime_error("golden file: cannot open " + what);
  }
  ~Handle() { close_(id_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

}  // namespace

struct GoldenFile::Impl {
  explicit Impl(const std::string& path)
      : path(path), file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, path) {}
  std::string path;
  Handle file;
};

GoldenFile::GoldenFile(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
GoldenFile::~GoldenFile() = default;

bool GoldenFile::contains(const std::string& path) const {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    if (H5Lexists(impl_->file, path.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

std::vector<std::string> GoldenFile::names(const std::string& group) const {
  if (group != "/" && !contains(group)) return {};
  const Handle id(H5Gopen2(impl_->file, group.c_str(), H5P_DEFAULT), H5Gclose, impl_->path + group);
  std::vector<std::string> result;
  const auto append = [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  H5Literate(id, H5_INDEX_NAME, H5_ITER_INC, nullptr, append, &result);
  return result;
}

torch::Tensor GoldenFile::tensor(const std::string& path) const {
  const std::string where = impl_->path + ":" + path;
  const Handle set(H5Dopen2(impl_->file, path.c_str(), H5P_DEFAULT), H5Dclose, where);
  const Handle space(H5Dget_space(set), H5Sclose, where);
  const Handle type(H5Dget_type(set), H5Tclose, where);
  std::vector<hsize_t> dims(static_cast<size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
  H5Sget_simple_extent_dims(space, dims.data(), nullptr);
  const std::vector<int64_t> shape(dims.begin(), dims.end());

  const bool is_float = H5Tget_class(type) == H5T_FLOAT;
  const size_t bytes = H5Tget_size(type);
  auto dtype = torch::kInt64;
  hid_t native = H5T_NATIVE_INT64;
  if (is_float) {
    dtype = bytes == 8 ? torch::kFloat64 : torch::kFloat32;
    native = bytes == 8 ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
  } else if (bytes == 1) {
    dtype = torch::kUInt8;
    native = H5T_NATIVE_UINT8;
  }
  torch::Tensor result = torch::empty(shape, dtype);
  if (result.numel() > 0 &&
      H5Dread(set, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, result.data_ptr()) < 0)
    throw std::runtime_error("golden file: cannot read " + where);
  return result;
}

std::map<std::string, torch::Tensor> GoldenFile::tensors(const std::string& group) const {
  std::map<std::string, torch::Tensor> result;
  for (const std::string& name : names(group)) result.emplace(name, tensor(group + "/" + name));
  return result;
}

std::string GoldenFile::attribute(const std::string& object, const std::string& name) const {
  const std::string where = impl_->path + ":" + object + "@" + name;
  const Handle id(H5Oopen(impl_->file, object.c_str(), H5P_DEFAULT), H5Oclose, where);
  const Handle attribute(H5Aopen(id, name.c_str(), H5P_DEFAULT), H5Aclose, where);
  const Handle type(H5Aget_type(attribute), H5Tclose, where);
  if (H5Tis_variable_str(type) > 0) {
    char* text = nullptr;
    if (H5Aread(attribute, type, &text) < 0)
      throw std::runtime_error("golden file: cannot read " + where);
    std::string result = text == nullptr ? "" : text;
    H5free_memory(text);
    return result;
  }
  std::string result(H5Tget_size(type), '\0');
  if (H5Aread(attribute, type, result.data()) < 0)
    throw std::runtime_error("golden file: cannot read " + where);
  return result.substr(0, result.find('\0'));
}

nlohmann::json GoldenFile::json_attribute(const std::string& object,
                                          const std::string& name) const {
  return nlohmann::json::parse(attribute(object, name));
}

double relative_error(const torch::Tensor& a, const torch::Tensor& b, double floor) {
  if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
  if (a.numel() == 0) return 0;
  const torch::Tensor difference = (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max();
  const double error = difference.item<double>();
  if (!std::isfinite(error)) return std::numeric_limits<double>::infinity();
  const double scale = std::max(floor, b.to(torch::kFloat64).abs().max().item<double>());
  return scale > 0 ? error / scale : error;
}

}  // namespace vidqa::testing
