#pragma once

#include <string>

#include "features/weights.h"

namespace vidqa::features {

/// Reads a .safetensors file: header length (8 bytes, little-endian), JSON header, data. Every
/// length and offset is checked before use; the tensors must fill the data without gaps, as the
/// format asks. Dtypes BOOL, U8, I8..I64, F16, BF16, F32, F64. Throws std::exception that says what
/// is wrong, without the path.
StateDict read_safetensors(const std::string& path);

}  // namespace vidqa::features
