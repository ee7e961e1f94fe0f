#pragma once

#include <map>
#include <string>

#include <torch/types.h>

#include "models/model.h"

namespace vidqa::models {

/// What the names and shapes of a state dict of fanchenyou/HME-VideoQA, fanchenyou/EgoVQA or
/// Jumperkables/trying_blp say about its model, `model` being hme, lstm_enc_dec, st_vqa or
/// co_memory: sizes, and whether its answers are classes. What they do not say, the fusion of hme
/// (spec as in ModelConfig, weights under `mm_att.blp`), is given. An output of width 1 serves
/// counts and candidates alike: the task is then kCount. Of lstm_enc_dec and st_vqa the weights
/// tell the sum of the stream widths alone, and each is taken for half of it.
///
/// Throws c10::Error naming the tensor that is missing, or the fusion that is there and not given.
ModelConfig infer_hme_config(const std::string& model,
                             const std::map<std::string, torch::Tensor>& state,
                             const std::string& fusion);

}  // namespace vidqa::models
