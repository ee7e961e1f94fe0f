#pragma once

#include <map>
#include <string>
#include <vector>

#include <torch/types.h>

#include "models/model.h"

namespace vidqa::models {

/// What the names and shapes of a state dict of jayleicn/TVQA or Jumperkables/trying_blp say about
/// its model: sizes, streams, deep CCA, depth of the classifier. What they do not say, the fusion
/// (spec as in ModelConfig) and the variant, is given. Whether it is the dual-stream model neither:
/// it has no modules of its own.
///
/// Throws c10::Error naming the tensor that is missing.
ModelConfig infer_tvqa_config(const std::map<std::string, torch::Tensor>& state,
                              const std::string& fusion, TvqaVariant variant);

/// Beginnings of names that stand in released weights of a model and that it does not have: modules
/// of which no output depends.
std::vector<std::string> unused_tvqa_prefixes(const std::string& model);

}  // namespace vidqa::models
