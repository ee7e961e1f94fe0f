#pragma once

#include <cstdint>

#include "models/cpu/packed_product.h"
#include "models/cpu/sequences.h"

namespace vidqa::models::cpu {

/// The recurrence of the video memory of HME (models/memory.h) without its slots. They start at
/// zero, so what step t reads is a sum over what was written before it,
///
///   r_t = sum over s < t of d_s (e1_s (p_t . w_a,s) k_a,s + e2_s (p_t . w_m,s) k_m,s),
///   d_s = product of e0 over the steps between s and t,
///
/// with p the weights of reading, e the gates, w the slots' weights of writing and k the contents.
/// That takes t (S + h) products a stream, where going through the slots takes several times S h,
/// and the backward pass needs no slots of every step: 4 S h bytes for each of them.
///
/// A row holds, side by side, everything that a step computes but r. In order, so that what is
/// multiplied with the same vector is in one piece:
struct VideoMemoryRow {
  int64_t hidden = 0;
  int64_t slots = 0;

  int64_t content_a() const { return 0; }                   ///< k_a, hidden
  int64_t place_a() const { return hidden; }                ///< w_a, slots
  int64_t state_a() const { return hidden + slots; }        ///< g_a', hidden
  int64_t state() const { return state_a() + hidden; }      ///< g', hidden
  int64_t state_m() const { return state() + hidden; }      ///< g_m', hidden
  int64_t place_m() const { return state_m() + hidden; }    ///< w_m, slots
  int64_t content_m() const { return place_m() + slots; }   ///< k_m, hidden
  int64_t read() const { return content_m() + hidden; }     ///< p, slots
  int64_t gates() const { return read() + slots; }          ///< e, 3
  int64_t of_stream() const { return 2 * hidden + slots; }  ///< width of a stream's piece
  int64_t of_control() const { return slots + 3; }          ///< p and e
  /// Values from one row to the next: products write whole panels.
  int64_t stride() const { return gates() + 3 + kPanelColumns; }
};

/// Matrices of a step. Forward: (hidden, width of the piece) with what the step before left;
/// backward: their transposes.
template <typename T>
struct VideoMemoryMatrices {
  PackedMatrix<T> of_a;     ///< g_a <-> k_a, w_a, g_a'
  PackedMatrix<T> of_m;     ///< g_m <-> g_m', w_m, k_m
  PackedMatrix<T> of_g;     ///< g <-> g'
  PackedMatrix<T> control;  ///< g_a, g, g_m <-> p, e
  PackedMatrix<T> of_read;  ///< r <-> g_a', g', g_m'
};

/// `rows` (rows, stride) in: biases and what the inputs add; out: values after relu and softmax.
/// `reads` (rows, in_panels(hidden)): r.
void video_memory_forward(const Sequences& sequences, const VideoMemoryRow& row,
                          const VideoMemoryMatrices<float>& matrices, float* rows, float* reads);
void video_memory_forward(const Sequences& sequences, const VideoMemoryRow& row,
                          const VideoMemoryMatrices<double>& matrices, double* rows, double* reads);

/// d_hidden (rows, hidden): gradient of g'. `d_rows` (rows, stride): zeros in, out the gradients of
/// rows as video_memory_forward() found them.
void video_memory_backward(const Sequences& sequences, const VideoMemoryRow& row,
                           const VideoMemoryMatrices<float>& matrices, const float* rows,
                           const float* d_hidden, float* d_rows);
void video_memory_backward(const Sequences& sequences, const VideoMemoryRow& row,
                           const VideoMemoryMatrices<double>& matrices, const double* rows,
                           const double* d_hidden, double* d_rows);

}  // namespace vidqa::models::cpu
