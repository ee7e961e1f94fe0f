#include "models/vector_fusion.h"

#include <c10/util/Exception.h>

namespace vidqa::models {

fusion::FusionPtr make_vector_fusion(const std::string& model, const std::string& spec,
                                     fusion::FusionDims dims) {
  fusion::FusionPtr made = fusion::make_fusion(spec, dims);
  TORCH_CHECK(made->granularity() == fusion::Granularity::kVector, model,
              ": fuses two vectors, and ", made->name(),
              " needs two sequences; choose a fusion that is per vector");
  return made;
}

}  // namespace vidqa::models
