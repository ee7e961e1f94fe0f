#pragma once

#include <string>

#include "features/weights.h"

namespace vidqa::features {

/// Reads the state dict that torch.save wrote, in the zip format (torch 1.6 and later) or the
/// stream of pickles before it. Throws std::exception that says what is wrong, without the path.
StateDict read_torch_file(const std::string& path);

}  // namespace vidqa::features
