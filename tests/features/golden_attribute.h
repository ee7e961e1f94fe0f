#pragma once

#include <cstdint>
#include <string>

#include "features/hdf5_handles.h"

namespace vidqa::features {

/// Integer attribute of a group or data set of a golden file.
inline int64_t integer_attribute(const std::string& path, const std::string& object,
                                 const std::string& name) {
  const std::string doing = "read " + path + ":" + object + "@" + name;
  const Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, doing);
  const Hdf5Handle attribute(
      H5Aopen_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
      doing);
  int64_t value = 0;
  check_hdf5(H5Aread(attribute, H5T_NATIVE_INT64, &value), doing);
  return value;
}

}  // namespace vidqa::features
