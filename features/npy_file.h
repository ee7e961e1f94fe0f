#pragma once

#include <string>

#include <torch/types.h>

namespace vidqa::features {

/// The array of a NumPy .npy file (format versions 1 to 3) as a tensor of the same shape,
/// contiguous, with its own memory: bool, int8..int64, uint8 and float16..float64, little-endian,
/// in C or Fortran order. Throws c10::Error naming the file for anything else, arrays of Python
/// objects included.
torch::Tensor read_npy(const std::string& path);

}  // namespace vidqa::features
