#pragma once

#include <string>

#include "fusion/fusion.h"

namespace vidqa::models {

/// The fusion of `spec` where `model` has two vectors for it. Throws c10::Error naming the model
/// when the fusion needs two sequences, and as fusion::make_fusion does.
fusion::FusionPtr make_vector_fusion(const std::string& model, const std::string& spec,
                                     fusion::FusionDims dims);

}  // namespace vidqa::models
