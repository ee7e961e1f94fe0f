#include "models/state_shapes.h"

#include <c10/util/Exception.h>

namespace vidqa::models {

int64_t published_size(const std::map<std::string, torch::Tensor>& state, const std::string& model,
                       const std::string& name, int64_t axis) {
  const auto found = state.find(name);
  TORCH_CHECK(found != state.end(), "weights of ", model, ": tensor '", name, "' is missing");
  TORCH_CHECK(found->second.dim() > axis, "weights of ", model, ": tensor '", name, "' has shape ",
              found->second.sizes());
  return found->second.size(axis);
}

}  // namespace vidqa::models
