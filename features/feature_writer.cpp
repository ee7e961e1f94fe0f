#include "features/feature_writer.h"

#include <memory>

#include <c10/util/Exception.h>
#include <torch/types.h>

#include "features/atomic_file.h"
#include "features/half.h"
#include "features/hash.h"
#include "features/hdf5_handles.h"

namespace vidqa::features {
namespace {

constexpr char kTimes[] = "_times";

/// Creation properties without the date, which would make equal files differ.
Hdf5Handle undated(hid_t property_class) {
  Hdf5Handle properties(H5Pcreate(property_class), H5Pclose, "make HDF5 properties");
  check_hdf5(H5Pset_obj_track_times(properties, false), "make HDF5 properties");
  return properties;
}

struct Type {
  hid_t memory;
  hid_t file;
};

void write_scalar(hid_t object, const std::string& name, const Type& type, const void* value,
                  const std::string& doing) {
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose, doing);
  const Hdf5Handle attribute(
      H5Acreate2(object, name.c_str(), type.file, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
      doing);
  check_hdf5(H5Awrite(attribute, type.memory, value), doing);
}

void write_attributes(hid_t object, const Attributes& attributes, const std::string& doing) {
  for (const auto& [name, value] : attributes) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      // Of variable length and UTF-8: h5py gives these as str.
      const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose, doing);
      check_hdf5(H5Tset_size(type, H5T_VARIABLE), doing);
      check_hdf5(H5Tset_cset(type, H5T_CSET_UTF8), doing);
      const char* characters = text->c_str();
      write_scalar(object, name, {type, type}, &characters, doing);
    } else if (const auto* integer = std::get_if<int64_t>(&value)) {
      write_scalar(object, name, {H5T_NATIVE_INT64, H5T_STD_I64LE}, integer, doing);
    } else {
      write_scalar(object, name, {H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE}, &std::get<double>(value),
                   doing);
    }
  }
}

Hdf5Handle write_data_set(hid_t parent, const std::string& name, const std::vector<hsize_t>& shape,
                          const Type& type, const void* data, const std::string& doing) {
  const Hdf5Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                         H5Sclose, doing);
  Hdf5Handle set(H5Dcreate2(parent, name.c_str(), type.file, space, H5P_DEFAULT,
                            undated(H5P_DATASET_CREATE), H5P_DEFAULT),
                 H5Dclose, doing);
  check_hdf5(H5Dwrite(set, type.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), doing);
  return set;
}

hid_t create_file(const std::string& path) {
  silence_hdf5();
  return H5Fcreate(path.c_str(), H5F_ACC_TRUNC, undated(H5P_FILE_CREATE), H5P_DEFAULT);
}

}  // namespace

bool is_clip_name(const std::string& name) {
  return !name.empty() && name != "." && name != kTimes && name.find('/') == std::string::npos;
}

struct FeatureWriter::Impl {
  Impl(const std::string& path, FeatureType type)
      : path(path),
        type(type),
        atomic(path),
        file(create_file(atomic.temporary_path()), H5Fclose, doing("the file")),
        times(H5Gcreate2(file, kTimes, H5P_DEFAULT, undated(H5P_GROUP_CREATE), H5P_DEFAULT),
              H5Gclose, doing(kTimes)) {}
  std::string doing(const std::string& name) const {
    return "write '" + name + "' of '" + path + "'";
  }
  /// (n, D) as the file keeps it.
  torch::Tensor stored(const std::string& clip, const torch::Tensor& features) const;

  struct Source {
    std::string path;
    Hdf5Handle file;
  };
  std::string path;
  FeatureType type;
  AtomicFile atomic;
  Hdf5Handle file;
  Hdf5Handle times;
  std::unique_ptr<Source> source;  ///< of the last copy, kept open
};

torch::Tensor FeatureWriter::Impl::stored(const std::string& clip,
                                          const torch::Tensor& features) const {
  if (type == FeatureType::kFloat32) return features.to(torch::kCPU, torch::kFloat32).contiguous();
  const torch::Tensor rows = features.to(torch::kCPU).contiguous();
  if (rows.scalar_type() == torch::kHalf) return rows;
  return to_half(rows, "clip '" + clip + "' of '" + path + "'");
}

FeatureWriter::FeatureWriter(const std::string& path, FeatureType type)
    : impl_(std::make_unique<Impl>(path, type)) {}
FeatureWriter::~FeatureWriter() = default;

void FeatureWriter::set_attributes(const Attributes& attributes) {
  write_attributes(impl_->file, attributes, impl_->doing("attributes"));
}

void FeatureWriter::write(const std::string& clip, const torch::Tensor& features,
                          const std::vector<double>& times_seconds, const Attributes& attributes) {
  TORCH_CHECK(is_clip_name(clip), "a clip cannot be named '", clip, "' in '", impl_->path,
              "'; rename the video");
  TORCH_CHECK(features.dim() == 2 && features.size(0) == static_cast<int64_t>(times_seconds.size()),
              "features of clip '", clip, "' must be (rows, columns) with a time a row, got ",
              features.sizes(), " and ", times_seconds.size(), " times");
  const torch::Tensor rows = impl_->stored(clip, features);
  const std::string doing = impl_->doing(clip);
  const auto num_rows = static_cast<hsize_t>(rows.size(0));
  const Hdf5Handle half = float16_type();
  const Type type = impl_->type == FeatureType::kFloat16 ? Type{half, half}
                                                         : Type{H5T_NATIVE_FLOAT, H5T_IEEE_F32LE};
  const Hdf5Handle set =
      write_data_set(impl_->file, clip, {num_rows, static_cast<hsize_t>(rows.size(1))}, type,
                     rows.data_ptr(), doing);
  Sha256 hash;
  hash.update(rows.data_ptr(), rows.nbytes());
  hash.update(times_seconds.data(), times_seconds.size() * sizeof(double));
  Attributes all = attributes;
  all[kRowCount] = rows.size(0);
  all[kContentHash] = hash.finish();
  write_attributes(set, all, doing);
  write_data_set(impl_->times, clip, {num_rows}, {H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE},
                 times_seconds.data(), doing);
}

void FeatureWriter::write_dense(const std::string& array, const torch::Tensor& features,
                                const Attributes& attributes) {
  TORCH_CHECK(is_clip_name(array) && features.dim() == 3,
              "a dense array needs a name and the shape "
              "(N, T, D), got '",
              array, "' and ", features.sizes());
  const torch::Tensor rows = features.to(torch::kCPU, torch::kFloat32).contiguous();
  const std::vector<hsize_t> shape(rows.sizes().begin(), rows.sizes().end());
  const std::string doing = impl_->doing(array);
  const Hdf5Handle set = write_data_set(impl_->file, array, shape,
                                        {H5T_NATIVE_FLOAT, H5T_IEEE_F32LE}, rows.data_ptr(), doing);
  write_attributes(set, attributes, doing);
}

void FeatureWriter::copy(const std::string& path, const std::vector<std::string>& clips) {
  if (impl_->source == nullptr || impl_->source->path != path) {
    impl_->source.reset();
    impl_->source.reset(new Impl::Source{
        path,
        {H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, "open '" + path + "'"}});
  }
  const hid_t file = impl_->source->file;
  const auto copy_set = [&](const std::string& name) {
    check_hdf5(H5Ocopy(file, name.c_str(), impl_->file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
               "copy '" + name + "' from '" + path + "' to '" + impl_->path + "'");
  };
  const bool has_times = H5Lexists(file, kTimes, H5P_DEFAULT) > 0;
  for (const std::string& clip : clips) {
    copy_set(clip);
    const std::string times = std::string(kTimes) + "/" + clip;
    if (has_times && H5Lexists(file, times.c_str(), H5P_DEFAULT) > 0) copy_set(times);
  }
}

void FeatureWriter::close() {
  impl_->source.reset();
  write_attributes(impl_->file, {{kComplete, int64_t{1}}}, impl_->doing("attributes"));
  impl_->times.close(impl_->doing(kTimes));
  impl_->file.close(impl_->doing("the file"));
  impl_->atomic.commit();
}

}  // namespace vidqa::features
