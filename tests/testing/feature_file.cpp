#include "tests/testing/feature_file.h"

#include <stdexcept>
#include <vector>

#include <hdf5.h>
#include <torch/torch.h>

namespace vidqa::testing {

void write_feature_file(const std::string& path, const std::map<std::string, torch::Tensor>& sets) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t with_groups = H5Pcreate(H5P_LINK_CREATE);
  bool ok = file >= 0 && H5Pset_create_intermediate_group(with_groups, 1) >= 0;
  for (const auto& [name, tensor] : sets) {
    const torch::Tensor values = tensor.to(torch::kFloat32).contiguous();
    const std::vector<hsize_t> dims(values.sizes().begin(), values.sizes().end());
    const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
    const hid_t set = H5Dcreate2(file, name.c_str(), H5T_NATIVE_FLOAT, space, with_groups,
                                 H5P_DEFAULT, H5P_DEFAULT);
    ok = ok && set >= 0 &&
         H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data_ptr()) >= 0;
    H5Dclose(set);
    H5Sclose(space);
  }
  H5Pclose(with_groups);
  if (H5Fclose(file) < 0 || !ok) throw std::runtime_error("cannot write " + path);
}

}  // namespace vidqa::testing
