#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/types.h>

#include "models/model.h"

namespace vidqa::models::testing {

/// Parameters, features and words in closed form, for which the scores of the released code are
/// known: the k-th float tensor of the state dict, its names sorted bytewise, has the elements
/// 0.4 sin(k + 0.37 i), the features are 0.1 sin(phi + 0.5 t + 0.11 j), phi = 0 for what the
/// modules m read and 1 for a. Hidden width 8, 5 slots, 11 words, 6 classes.
ModelConfig closed_form_config(Task task, int64_t appearance_dim);

/// Scores, in double precision, of the text 1 4 2 9, or for multiple choice of five candidates of
/// these lengths.
torch::Tensor closed_form_scores(const std::string& model, const ModelConfig& config,
                                 const std::vector<int64_t>& lengths = {});

void expect_near(const torch::Tensor& scores, const std::vector<double>& expected,
                 double tolerance);

inline constexpr double kPrinted = 1e-6;        ///< six decimals
inline constexpr double kPrintedSingle = 2e-6;  ///< of a computation in single precision

/// Names of the parameters of `model` that it does not train.
std::vector<std::string> untrained_parameters(const Model& model);

int64_t num_elements(const std::vector<torch::Tensor>& tensors);

/// The model of EgoVQA's released code: one score a candidate, hidden width 256, 4000 words, two
/// streams of 4096.
ModelConfig ego_vqa_config();

}  // namespace vidqa::models::testing
