#pragma once

#include <cstdint>

#include "fusion/cpu/lanes.h"
#include "models/cpu/sequences.h"

namespace vidqa::models::cpu {

/// The recurrence of an LSTM over sequences of different lengths: no padding is computed, and a
/// step's product with the recurrent weights, its gates and its state are one pass through
/// registers.
///
/// Hidden units are taken in panels of 16, the last one filled up with units that stay 0. A row of
/// gates holds for every panel its 16 input, forget, cell and output gates: 64 values.
inline constexpr int64_t kUnits = fusion::cpu::kLanes;
inline constexpr int64_t kGatesOfPanel = 4 * kUnits;

/// Panels that `hidden` units need.
inline int64_t panels_of(int64_t hidden) { return (hidden + kUnits - 1) / kUnits; }

/// Rows of one direction: gates (rows, >= panels 64), h and c (rows, panels 16).
template <typename T>
struct LstmRows {
  int64_t hidden = 0;
  T* gates = nullptr;
  int64_t gates_stride = 0;  ///< values from one row of gates to the next
  T* h = nullptr;
  T* c = nullptr;
};

/// What sequences start from, (sequences, panels 16) each; null: zeros.
template <typename T>
struct LstmStart {
  const T* h = nullptr;
  const T* c = nullptr;
};

/// Recurrent weights as lstm_forward wants them, `hidden` panels 64 values:
/// packed[panel][k][gate][unit] = weight[gate of the unit][k], weight (panels 64, hidden).
void pack_forward(const float* weight, int64_t hidden, float* packed);
void pack_forward(const double* weight, int64_t hidden, double* packed);

/// Gates in: what the input adds, biases included. Out: their values after sigmoid and tanh, h, c.
void lstm_forward(const Sequences& sequences, const float* packed, const LstmRows<float>& rows,
                  const LstmStart<float>& start = {});
void lstm_forward(const Sequences& sequences, const double* packed, const LstmRows<double>& rows,
                  const LstmStart<double>& start = {});

/// As lstm_backward wants them, panels 64 panels 16 values: four panels of units together.
void pack_backward(const float* weight, int64_t hidden, float* packed);
void pack_backward(const double* weight, int64_t hidden, double* packed);

/// The gradient of h, in one of two forms.
template <typename T>
struct HiddenGradient {
  /// (rows, panels 16).
  const T* all = nullptr;
  /// Or of the maximum over a sequence, (sequences, panels 16), and the row that it was in.
  const T* of_maximum = nullptr;
  const int32_t* row_of_maximum = nullptr;
};

/// What a backward pass is given and gives at the ends of sequences, (sequences, panels 16) each.
template <typename T>
struct LstmEnds {
  const T* d_last_h = nullptr;  ///< gradients of the last h and c; null: zeros
  const T* d_last_c = nullptr;
  const T* start_c = nullptr;  ///< as in LstmStart
  T* d_start_h = nullptr;      ///< gradients of the start, both or none
  T* d_start_c = nullptr;
};

/// From the last step to the first. `rows` as lstm_forward left it; the gradients of its gates as
/// it found them are written to d_gates (rows, d_gates_stride), which may be the gates themselves.
/// `scratch`: 2 count panels 16 values.
void lstm_backward(const Sequences& sequences, const float* packed, const LstmRows<float>& rows,
                   const HiddenGradient<float>& d_hidden, const LstmEnds<float>& ends,
                   float* d_gates, int64_t d_gates_stride, float* scratch);
void lstm_backward(const Sequences& sequences, const double* packed, const LstmRows<double>& rows,
                   const HiddenGradient<double>& d_hidden, const LstmEnds<double>& ends,
                   double* d_gates, int64_t d_gates_stride, double* scratch);

/// Maximum over the rows of each sequence, and its first row: (sequences, panels 16) both.
void max_over_rows(const Sequences& sequences, int64_t panels, const float* h, float* maximum,
                   int32_t* row);
void max_over_rows(const Sequences& sequences, int64_t panels, const double* h, double* maximum,
                   int32_t* row);

}  // namespace vidqa::models::cpu
