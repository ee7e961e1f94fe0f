#pragma once

#include <string>
#include <vector>

#include <torch/types.h>

#include "features/pickle.h"

namespace vidqa::features::pickle {

/// A pickled numpy array (or scalar: no dimensions) as a tensor of the same shape, contiguous, with
/// its own memory. bool, int8..int64, uint8 and float16..float64, little-endian, in C or Fortran
/// order; anything else throws std::runtime_error that says what it is. The globals of
/// numpy_globals() are all that such a pickle needs.
torch::Tensor as_tensor(const Value& value);

/// The array whose values numpy keeps as `raw`, with its type code ("<f4") and order. Throws as
/// above, and when the bytes do not fill the shape.
torch::Tensor numpy_array(const std::string& raw, const std::vector<int64_t>& shape,
                          const std::string& type_code, bool fortran_order);

}  // namespace vidqa::features::pickle
