#pragma once

#include <optional>

#include "features/pickle.h"
#include "features/pickle_input.h"

namespace vidqa::features::pickle {

/// The value that `opcode` and the input after it spell out: None, bool, int, float, str or bytes.
/// Nothing is returned, and nothing read, for any other opcode.
std::optional<Value> read_scalar(unsigned char opcode, Input& input);

}  // namespace vidqa::features::pickle
