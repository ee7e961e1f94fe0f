#pragma once

#include <map>
#include <string>

#include <torch/types.h>

namespace vidqa::testing {

/// Writes float32 tensors as data sets of an HDF5 file, replacing the file. A name with slashes
/// makes the groups that it goes through.
void write_feature_file(const std::string& path, const std::map<std::string, torch::Tensor>& sets);

}  // namespace vidqa::testing
