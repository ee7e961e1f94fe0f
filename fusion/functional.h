#pragma once

#include <string>
#include <vector>

#include <torch/types.h>

#include "fusion/cpu/activation.h"

namespace vidqa::fusion {

/// Signed square root, then L2 normalisation, of every row (the last dimension):
///   y_j = sign(z_j) sqrt(|z_j| / sum_i |z_i|),
/// because the norm of the roots is sqrt(sum |z|); it is taken as at least 1e-12, so a row of zeros
/// stays zero.
///
/// The gradient is in closed form. With n the norm and a = <y, dy>:
///   dz_j = (dy_j - a y_j) / (2 n^2 |y_j|), and without the term in a where the norm was clamped;
/// at z_j = 0, where the root has no derivative, it is 0, as in the published code, which
/// multiplies by a mask. First derivatives only: throws c10::Error when a second one is asked for.
torch::Tensor signed_sqrt_l2(const torch::Tensor& z);

/// Count sketch (Charikar et al. 2002; Pham and Pagh 2013): x (..., n) -> (..., m) with
///   p_k = sum over { i : h_i = k } of s_i x_i.
/// h (n) int64 in [0, m), s (n) of +1 and -1 in the type of x.
torch::Tensor count_sketch(const torch::Tensor& x, const torch::Tensor& h, const torch::Tensor& s,
                           int64_t m);

/// u (..., p), v (..., q), weight (k, p, q), bias (k) -> z (..., k) with
///   z_k = sum_ij u_i weight_kij v_j + bias_k.
/// One matrix product of v and the weight for all k, then one of each row with u: two short sums
/// round less in single precision than one over all p q terms. Keeps k p numbers a row for the
/// backward pass.
torch::Tensor bilinear_form(const torch::Tensor& u, const torch::Tensor& v,
                            const torch::Tensor& weight, const torch::Tensor& bias);

/// activation(x), composed of Torch's operators.
torch::Tensor activate(Activation activation, const torch::Tensor& x);

/// The activation called `name`, `none` being the identity. `fusion` and `key` are for the error
/// that lists the names.
Activation find_activation(const std::string& fusion, const std::string& key,
                           const std::string& name);

}  // namespace vidqa::fusion
