#include "models/cpu/lstm_steps.h"

#include <algorithm>

#include "fusion/cpu/multiarch.h"
#include "fusion/cpu/vector_math.h"
#include "models/cpu/packed_product.h"
#include "models/cpu/product_tiles.h"

namespace vidqa::models::cpu {

static_assert(kGatesOfPanel == kPanelColumns);

namespace {

using fusion::cpu::hyperbolic_tangent;
using fusion::cpu::Lanes;
using fusion::cpu::load;
using fusion::cpu::sigmoid;
using fusion::cpu::store;

/// One step of all sequences that are long enough.
struct Step {
  const Sequences* sequences = nullptr;
  int64_t number = 0;
  int64_t count = 0;  ///< of these sequences

  VIDQA_INLINE bool first() const { return number == 0; }
  VIDQA_INLINE int64_t row(int64_t i) const {
    const int64_t at = sequences->reverse ? sequences->lengths[i] - 1 - number : number;
    return sequences->offsets[i] + at;
  }
  VIDQA_INLINE int64_t previous(int64_t i) const { return row(i) + (sequences->reverse ? 1 : -1); }
};

/// Gates of 16 units in, their values out, with the new state. `c_before` null: zeros.
template <typename T>
VIDQA_INLINE void advance(T* gates, const T* c_before, T* c, T* h) {
  const T zeros[kUnits] = {};
  if (c_before == nullptr) c_before = zeros;
#pragma omp simd
  for (int64_t u = 0; u < kUnits; ++u) {
    const T input = sigmoid(gates[u]);
    const T forget = sigmoid(gates[kUnits + u]);
    const T cell = hyperbolic_tangent(gates[2 * kUnits + u]);
    const T output = sigmoid(gates[3 * kUnits + u]);
    const T state = forget * c_before[u] + input * cell;
    gates[u] = input;
    gates[kUnits + u] = forget;
    gates[2 * kUnits + u] = cell;
    gates[3 * kUnits + u] = output;
    c[u] = state;
    h[u] = output * hyperbolic_tangent(state);
  }
}

/// 16 units of a sequence's c before the step; null: zeros.
template <typename T>
VIDQA_INLINE const T* cell_before(const Step& step, int64_t i, int64_t width, int64_t column,
                                  const T* c, const T* start) {
  if (!step.first()) return c + step.previous(i) * width + column;
  return start == nullptr ? nullptr : start + step.sequences->numbers[i] * width + column;
}

/// One panel of kRows sequences from `begin` on.
template <typename T, int kRows>
VIDQA_INLINE void forward_tile(const Step& step, int64_t begin, int64_t panel, const T* packed,
                               const LstmRows<T>& rows, const LstmStart<T>& start) {
  const int64_t width = panels_of(rows.hidden) * kUnits;
  const bool has_before = !step.first() || start.h != nullptr;
  const T* before[kRows];
  T* gates[kRows];
  Lanes<T> sums[kRows][4];
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
    before[i] = !has_before    ? nullptr
                : step.first() ? start.h + step.sequences->numbers[begin + i] * width
                               : rows.h + step.previous(begin + i) * width;
    gates[i] = rows.gates + step.row(begin + i) * rows.gates_stride + panel * kGatesOfPanel;
#pragma GCC unroll 4
    for (int g = 0; g < 4; ++g) load<T>(gates[i] + g * kUnits, sums[i][g]);
  }
  if (has_before)
    multiply<T, kRows, 4>(before, packed + panel * rows.hidden * kGatesOfPanel, rows.hidden, sums);
  for (int i = 0; i < kRows; ++i) {
    T all[kGatesOfPanel];
#pragma GCC unroll 4
    for (int g = 0; g < 4; ++g) store<T>(sums[i][g], all + g * kUnits);
    const int64_t at = step.row(begin + i) * width + panel * kUnits;
    advance(all, cell_before(step, begin + i, width, panel * kUnits, rows.c, start.c), rows.c + at,
            rows.h + at);
    std::copy_n(all, kGatesOfPanel, gates[i]);
  }
}

template <typename T, int kRows>
VIDQA_INLINE void forward_steps(const Sequences& sequences, const T* packed,
                                const LstmRows<T>& rows, const LstmStart<T>& start) {
  const int64_t panels = panels_of(rows.hidden);
  int64_t count = sequences.count;
  for (int64_t number = 0;; ++number) {
    count = active(sequences, number, count);
    if (count == 0) return;
    const Step step = {&sequences, number, count};
    for (int64_t panel = 0; panel < panels; ++panel) {
      for_tiles<kRows>(count, [&](int64_t begin, auto of_tile) VIDQA_INLINE_LAMBDA {
        forward_tile<T, decltype(of_tile)::value>(step, begin, panel, packed, rows, start);
      });
    }
  }
}

/// Gradients of the gates of 16 units; dc is that of c_before out.
template <typename T>
VIDQA_INLINE void retreat(const T* gates, const T* c_before, const T* c, const T* dh, T* dc,
                          T* d_gates) {
  const T zeros[kUnits] = {};
  if (c_before == nullptr) c_before = zeros;
#pragma omp simd
  for (int64_t u = 0; u < kUnits; ++u) {
    const T input = gates[u];
    const T forget = gates[kUnits + u];
    const T cell = gates[2 * kUnits + u];
    const T output = gates[3 * kUnits + u];
    const T squashed = hyperbolic_tangent(c[u]);
    const T d_state = dc[u] + dh[u] * output * (1 - squashed * squashed);
    d_gates[u] = d_state * cell * input * (1 - input);
    d_gates[kUnits + u] = d_state * c_before[u] * forget * (1 - forget);
    d_gates[2 * kUnits + u] = d_state * input * (1 - cell * cell);
    d_gates[3 * kUnits + u] = dh[u] * squashed * output * (1 - output);
    dc[u] = d_state * forget;
  }
}

/// What arrives at one row of h from outside and from the step after it, 16 units.
template <typename T>
VIDQA_INLINE void gradient_of_hidden(const HiddenGradient<T>& d_hidden, int64_t sequence,
                                     int64_t row, int64_t width, int64_t column, const T* recurrent,
                                     T* dh) {
  if (d_hidden.all != nullptr) {
    const T* given = d_hidden.all + row * width + column;
#pragma omp simd
    for (int64_t u = 0; u < kUnits; ++u) dh[u] = recurrent[u] + given[u];
    return;
  }
  const T* given = d_hidden.of_maximum + sequence * width + column;
  const int32_t* where = d_hidden.row_of_maximum + sequence * width + column;
#pragma omp simd
  for (int64_t u = 0; u < kUnits; ++u)
    dh[u] = recurrent[u] + (where[u] == static_cast<int32_t>(row) ? given[u] : T(0));
}

/// kRows sequences, kPanels panels of units: dh = d_gates W.
template <typename T, int kRows, int kPanels>
VIDQA_INLINE void recurrent_tile(const Step& step, int64_t begin, int64_t depth, int64_t width,
                                 const T* packed, const T* d_gates, int64_t d_gates_stride, T* dh) {
  const T* a[kRows];
  Lanes<T> sums[kRows][kPanels] = {};
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) a[i] = d_gates + step.row(begin + i) * d_gates_stride;
  multiply<T, kRows, kPanels>(a, packed, depth, sums);
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) store<T>(sums[i][p], dh + (begin + i) * width + p * kUnits);
  }
}

template <typename T, int kRows, int kPanels>
VIDQA_INLINE void recurrent_columns(const Step& step, int64_t depth, int64_t width, const T* packed,
                                    const T* d_gates, int64_t d_gates_stride, T* dh) {
  for_tiles<kRows>(step.count, [&](int64_t begin, auto of_tile) VIDQA_INLINE_LAMBDA {
    recurrent_tile<T, decltype(of_tile)::value, kPanels>(step, begin, depth, width, packed, d_gates,
                                                         d_gates_stride, dh);
  });
}

constexpr int64_t kPanelsTogether = 4;

/// Rows of sequences i = 0, 1, ... to their places, or back from there.
template <typename T>
VIDQA_INLINE void to_places(const Sequences& sequences, int64_t width, const T* from, T* to) {
  for (int64_t i = 0; i < sequences.count; ++i)
    std::copy_n(from + i * width, width, to + sequences.numbers[i] * width);
}

template <typename T>
VIDQA_INLINE void from_places(const Sequences& sequences, int64_t width, const T* from, T* to) {
  if (from == nullptr) {
    std::fill_n(to, sequences.count * width, T(0));
    return;
  }
  for (int64_t i = 0; i < sequences.count; ++i)
    std::copy_n(from + sequences.numbers[i] * width, width, to + i * width);
}

template <typename T, int kRows>
VIDQA_INLINE void backward_steps(const Sequences& sequences, const T* packed,
                                 const LstmRows<T>& rows, const HiddenGradient<T>& d_hidden,
                                 const LstmEnds<T>& ends, T* d_gates, int64_t d_gates_stride,
                                 T* scratch) {
  const int64_t panels = panels_of(rows.hidden);
  const int64_t width = panels * kUnits;
  const int64_t depth = panels * kGatesOfPanel;
  T* const dc = scratch;
  T* const dh = scratch + sequences.count * width;
  from_places(sequences, width, ends.d_last_c, dc);
  from_places(sequences, width, ends.d_last_h, dh);
  int64_t count = 0;
  for (int64_t number = sequences.longest() - 1; number >= 0; --number) {
    count = active(sequences, number, count);
    const Step step = {&sequences, number, count};
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = step.row(i);
      for (int64_t panel = 0; panel < panels; ++panel) {
        const int64_t column = panel * kUnits;
        T of_hidden[kUnits];
        gradient_of_hidden(d_hidden, sequences.numbers[i], row, width, column,
                           dh + i * width + column, of_hidden);
        retreat(rows.gates + row * rows.gates_stride + panel * kGatesOfPanel,
                cell_before(step, i, width, column, rows.c, ends.start_c),
                rows.c + row * width + column, of_hidden, dc + i * width + column,
                d_gates + row * d_gates_stride + panel * kGatesOfPanel);
      }
    }
    if (step.first() && ends.d_start_h == nullptr) return;
    for (int64_t panel = 0; panel < panels; panel += kPanelsTogether) {
      const T* weights = packed + panel * depth * kUnits;
      T* columns = dh + panel * kUnits;
      switch (std::min(kPanelsTogether, panels - panel)) {
        case 4:
          recurrent_columns<T, kRows, 4>(step, depth, width, weights, d_gates, d_gates_stride,
                                         columns);
          break;
        case 3:
          recurrent_columns<T, kRows, 3>(step, depth, width, weights, d_gates, d_gates_stride,
                                         columns);
          break;
        case 2:
          recurrent_columns<T, kRows, 2>(step, depth, width, weights, d_gates, d_gates_stride,
                                         columns);
          break;
        default:
          recurrent_columns<T, kRows, 1>(step, depth, width, weights, d_gates, d_gates_stride,
                                         columns);
      }
    }
  }
  if (ends.d_start_h == nullptr) return;
  to_places(sequences, width, dh, ends.d_start_h);
  to_places(sequences, width, dc, ends.d_start_c);
}

template <typename T>
void pack_backward_any(const T* weight, int64_t hidden, T* packed) {
  const int64_t panels = panels_of(hidden);
  for (int64_t panel = 0; panel < panels; panel += kPanelsTogether) {
    const int64_t columns = std::min(kPanelsTogether, panels - panel) * kUnits;
    for (int64_t gate = 0; gate < panels * kGatesOfPanel; ++gate) {
      for (int64_t column = 0; column < columns; ++column) {
        const int64_t unit = panel * kUnits + column;
        *packed++ = unit < hidden ? weight[gate * hidden + unit] : T(0);
      }
    }
  }
}

template <typename T>
VIDQA_INLINE void max_over_rows_any(const Sequences& sequences, int64_t panels, const T* h,
                                    T* maximum, int32_t* row) {
  const int64_t width = panels * kUnits;
  for (int64_t i = 0; i < sequences.count; ++i) {
    T* best = maximum + sequences.numbers[i] * width;
    int32_t* where = row + sequences.numbers[i] * width;
    const int64_t first = sequences.offsets[i];
    std::copy_n(h + first * width, width, best);
    std::fill_n(where, width, static_cast<int32_t>(first));
    for (int64_t r = first + 1; r < first + sequences.lengths[i]; ++r) {
      const T* values = h + r * width;
      const auto number = static_cast<int32_t>(r);
#pragma omp simd
      for (int64_t u = 0; u < width; ++u) {
        const bool better = values[u] > best[u];
        best[u] = better ? values[u] : best[u];
        where[u] = better ? number : where[u];
      }
    }
  }
}

VIDQA_MULTIARCH void forward_wide(const Sequences& sequences, const float* packed,
                                  const LstmRows<float>& rows, const LstmStart<float>& start) {
  forward_steps<float, kWideTile>(sequences, packed, rows, start);
}

VIDQA_MULTIARCH void forward_narrow(const Sequences& sequences, const float* packed,
                                    const LstmRows<float>& rows, const LstmStart<float>& start) {
  forward_steps<float, kNarrowTile>(sequences, packed, rows, start);
}

VIDQA_MULTIARCH void backward_wide(const Sequences& sequences, const float* packed,
                                   const LstmRows<float>& rows,
                                   const HiddenGradient<float>& d_hidden,
                                   const LstmEnds<float>& ends, float* d_gates,
                                   int64_t d_gates_stride, float* scratch) {
  backward_steps<float, kWideTile>(sequences, packed, rows, d_hidden, ends, d_gates, d_gates_stride,
                                   scratch);
}

VIDQA_MULTIARCH void backward_narrow(const Sequences& sequences, const float* packed,
                                     const LstmRows<float>& rows,
                                     const HiddenGradient<float>& d_hidden,
                                     const LstmEnds<float>& ends, float* d_gates,
                                     int64_t d_gates_stride, float* scratch) {
  backward_steps<float, kNarrowTile>(sequences, packed, rows, d_hidden, ends, d_gates,
                                     d_gates_stride, scratch);
}

}  // namespace

void pack_forward(const float* weight, int64_t hidden, float* packed) {
  pack({weight, hidden, panels_of(hidden) * kGatesOfPanel, 1, hidden}, 0, 0, hidden, packed);
}

void pack_forward(const double* weight, int64_t hidden, double* packed) {
  pack({weight, hidden, panels_of(hidden) * kGatesOfPanel, 1, hidden}, 0, 0, hidden, packed);
}

void lstm_forward(const Sequences& sequences, const float* packed, const LstmRows<float>& rows,
                  const LstmStart<float>& start) {
  (has_wide_registers() ? forward_wide : forward_narrow)(sequences, packed, rows, start);
}

VIDQA_MULTIARCH void lstm_forward(const Sequences& sequences, const double* packed,
                                  const LstmRows<double>& rows, const LstmStart<double>& start) {
  forward_steps<double, kNarrowTile>(sequences, packed, rows, start);
}

void pack_backward(const float* weight, int64_t hidden, float* packed) {
  pack_backward_any(weight, hidden, packed);
}

void pack_backward(const double* weight, int64_t hidden, double* packed) {
  pack_backward_any(weight, hidden, packed);
}

void lstm_backward(const Sequences& sequences, const float* packed, const LstmRows<float>& rows,
                   const HiddenGradient<float>& d_hidden, const LstmEnds<float>& ends,
                   float* d_gates, int64_t d_gates_stride, float* scratch) {
  (has_wide_registers() ? backward_wide : backward_narrow)(sequences, packed, rows, d_hidden, ends,
                                                           d_gates, d_gates_stride, scratch);
}

VIDQA_MULTIARCH void lstm_backward(const Sequences& sequences, const double* packed,
                                   const LstmRows<double>& rows,
                                   const HiddenGradient<double>& d_hidden,
                                   const LstmEnds<double>& ends, double* d_gates,
                                   int64_t d_gates_stride, double* scratch) {
  backward_steps<double, kNarrowTile>(sequences, packed, rows, d_hidden, ends, d_gates,
                                      d_gates_stride, scratch);
}

VIDQA_MULTIARCH void max_over_rows(const Sequences& sequences, int64_t panels, const float* h,
                                   float* maximum, int32_t* row) {
  max_over_rows_any(sequences, panels, h, maximum, row);
}

VIDQA_MULTIARCH void max_over_rows(const Sequences& sequences, int64_t panels, const double* h,
                                   double* maximum, int32_t* row) {
  max_over_rows_any(sequences, panels, h, maximum, row);
}

}  // namespace vidqa::models::cpu
