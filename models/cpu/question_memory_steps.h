#pragma once

#include <cstdint>

#include "models/cpu/packed_product.h"
#include "models/cpu/sequences.h"

namespace vidqa::models::cpu {

/// The recurrence of the question memory of HME (models/memory.h) without its slots, as in
/// video_memory_steps.h; here each slot j forgets at a rate of its own:
///
///   r_t = read_gate_t sum over s < t of b_s (sum over j of p_tj a_sj q_sj) k_s,
///   q_sj = product of 1 - a_.j over the steps between s and t,
///
/// with p the weights of reading, a those of writing, b the gate of writing and k the contents.
///
/// A row holds, side by side, everything that a step computes but r:
struct QuestionMemoryRow {
  int64_t hidden = 0;
  int64_t slots = 0;

  int64_t content() const { return 0; }                   ///< k, hidden
  int64_t place() const { return hidden; }                ///< a, slots
  int64_t read() const { return place() + slots; }        ///< p, slots
  int64_t write_gate() const { return read() + slots; }   ///< b, 1
  int64_t read_gate() const { return write_gate() + 1; }  ///< 1
  int64_t state() const { return read_gate() + 1; }       ///< g', hidden
  int64_t columns() const { return state() + hidden; }
  /// Values from one row to the next: products write whole panels.
  int64_t stride() const { return columns() + kPanelColumns; }
};

/// Matrices of a step. Forward: (hidden, width of the piece) with what the step before left;
/// backward: their transposes.
template <typename T>
struct QuestionMemoryMatrices {
  PackedMatrix<T> of_g;     ///< g <-> the whole row
  PackedMatrix<T> of_read;  ///< r <-> g'
};

/// `rows` (rows, stride) in: biases and what the words add; out: values after relu, sigmoid and
/// softmax. `reads` (rows, in_panels(hidden)): r.
void question_memory_forward(const Sequences& sequences, const QuestionMemoryRow& row,
                             const QuestionMemoryMatrices<float>& matrices, float* rows,
                             float* reads);
void question_memory_forward(const Sequences& sequences, const QuestionMemoryRow& row,
                             const QuestionMemoryMatrices<double>& matrices, double* rows,
                             double* reads);

/// d_hidden (rows, hidden): gradient of g'. `d_rows` (rows, stride): zeros in, out the gradients of
/// rows as question_memory_forward() found them.
void question_memory_backward(const Sequences& sequences, const QuestionMemoryRow& row,
                              const QuestionMemoryMatrices<float>& matrices, const float* rows,
                              const float* d_hidden, float* d_rows);
void question_memory_backward(const Sequences& sequences, const QuestionMemoryRow& row,
                              const QuestionMemoryMatrices<double>& matrices, const double* rows,
                              const double* d_hidden, double* d_rows);

}  // namespace vidqa::models::cpu
