#include "models/cpu/question_memory_steps.h"

#include <algorithm>
#include <vector>

#include "models/cpu/memory_rows.h"

namespace vidqa::models::cpu {
namespace {

/// r of step t from the rows of the steps before it; `kept`: room for `slots` values.
template <typename T>
VIDQA_INLINE void read_forward(const QuestionMemoryRow& row, const T* first, int64_t t, T* kept,
                               T* r) {
  const T* const now = first + t * row.stride();
  const T* const p = now + row.read();
  std::fill_n(r, row.hidden, T(0));
  std::fill_n(kept, row.slots, T(1));
  for (int64_t s = t - 1; s >= 0; --s) {
    const T* const then = first + s * row.stride();
    const T* const a = then + row.place();
    T match = 0;
#pragma omp simd reduction(+ : match)
    for (int64_t j = 0; j < row.slots; ++j) {
      match += p[j] * a[j] * kept[j];
      kept[j] *= 1 - a[j];
    }
    add_scaled(now[row.read_gate()] * then[row.write_gate()] * match, then + row.content(),
               row.hidden, r);
  }
}

/// From dr of step t to the gradients of the row of t and of everything that was written before;
/// `kept`: room for (t + 1) slots values.
template <typename T>
VIDQA_INLINE void read_backward(const QuestionMemoryRow& row, const T* first, T* d_first, int64_t t,
                                const T* dr, T* kept) {
  const int64_t slots = row.slots;
  const T* const now = first + t * row.stride();
  T* const d_now = d_first + t * row.stride();
  const T* const p = now + row.read();
  T* const dp = d_now + row.read();
  const T read_gate = now[row.read_gate()];
  if (t > 0) std::fill_n(kept + (t - 1) * slots, slots, T(1));
  for (int64_t s = t - 1; s > 0; --s) {
    const T* const a = first + s * row.stride() + row.place();
#pragma omp simd
    for (int64_t j = 0; j < slots; ++j)
      kept[(s - 1) * slots + j] = kept[s * slots + j] * (1 - a[j]);
  }
  T* const d_kept = kept + t * slots;  // of the step before s
  std::fill_n(d_kept, slots, T(0));
  for (int64_t s = 0; s < t; ++s) {
    const T* const then = first + s * row.stride();
    T* const d_then = d_first + s * row.stride();
    const T* const a = then + row.place();
    T* const da = d_then + row.place();
    const T* const q = kept + s * slots;
    const T write_gate = then[row.write_gate()];
    const T wanted = dot(dr, then + row.content(), row.hidden);
    const T factor = read_gate * wanted * write_gate;
    T match = 0;
#pragma omp simd reduction(+ : match)
    for (int64_t j = 0; j < slots; ++j) {
      match += p[j] * a[j] * q[j];
      dp[j] += factor * a[j] * q[j];
      da[j] += (factor * p[j] - d_kept[j]) * q[j];
      d_kept[j] = d_kept[j] * (1 - a[j]) + factor * p[j] * a[j];
    }
    add_scaled(read_gate * write_gate * match, dr, row.hidden, d_then + row.content());
    d_then[row.write_gate()] += read_gate * wanted * match;
    d_now[row.read_gate()] += write_gate * match * wanted;
  }
}

template <typename T>
VIDQA_INLINE void sigmoid_backward(const T* y, T* dx) {
  *dx *= *y * (1 - *y);
}

template <typename T>
VIDQA_INLINE void forward_steps(const Sequences& sequences, const QuestionMemoryRow& row,
                                const QuestionMemoryMatrices<T>& matrices, T* rows, T* reads) {
  const int64_t read_stride = in_panels(row.hidden);
  std::vector<T> kept(static_cast<size_t>(row.slots));
  Pointers<const T> from(sequences.count);
  Pointers<T> to(sequences.count);
  int64_t count = sequences.count;
  for (int64_t t = 0; t < sequences.longest(); ++t) {
    count = active(sequences, t, count);
    const auto now = [&](int64_t i) { return rows + (sequences.offsets[i] + t) * row.stride(); };
    const auto read = [&](int64_t i) { return reads + (sequences.offsets[i] + t) * read_stride; };
    if (t > 0) {
      for (int64_t i = 0; i < count; ++i) {
        from[i] = now(i) - row.stride() + row.state();
        to[i] = now(i);
      }
      add_product(from.data(), matrices.of_g, count, to.data());
    }
    for (int64_t i = 0; i < count; ++i) {
      T* const values = now(i);
      relu(values + row.content(), row.hidden);
      softmax(values + row.place(), row.slots);
      softmax(values + row.read(), row.slots);
      values[row.write_gate()] = fusion::cpu::sigmoid(values[row.write_gate()]);
      values[row.read_gate()] = fusion::cpu::sigmoid(values[row.read_gate()]);
      read_forward(row, rows + sequences.offsets[i] * row.stride(), t, kept.data(), read(i));
    }
    if (t > 0) {
      for (int64_t i = 0; i < count; ++i) {
        from[i] = read(i);
        to[i] = now(i) + row.state();
      }
      add_product(from.data(), matrices.of_read, count, to.data());
    }
    for (int64_t i = 0; i < count; ++i) relu(now(i) + row.state(), row.hidden);
  }
}

template <typename T>
VIDQA_INLINE void backward_steps(const Sequences& sequences, const QuestionMemoryRow& row,
                                 const QuestionMemoryMatrices<T>& matrices, const T* rows,
                                 const T* d_hidden, T* d_rows) {
  const int64_t width = in_panels(row.hidden);
  std::vector<T> d_states(static_cast<size_t>(sequences.count * width), T(0));
  std::vector<T> d_reads(static_cast<size_t>(sequences.count * width));
  std::vector<T> kept(static_cast<size_t>((sequences.longest() + 1) * row.slots));
  Pointers<const T> from(sequences.count);
  Pointers<T> to(sequences.count);
  int64_t count = 0;
  for (int64_t t = sequences.longest() - 1; t >= 0; --t) {
    count = active(sequences, t, count);
    const auto now = [&](int64_t i) { return (sequences.offsets[i] + t) * row.stride(); };
    for (int64_t i = 0; i < count; ++i) {
      T* const d_state = d_states.data() + i * width;
      T* const d_now = d_rows + now(i) + row.state();
      add_scaled(T(1), d_hidden + (sequences.offsets[i] + t) * row.hidden, row.hidden, d_state);
      std::copy_n(d_state, row.hidden, d_now);
      std::fill_n(d_state, row.hidden, T(0));
      relu_backward(rows + now(i) + row.state(), row.hidden, d_now);
    }
    if (t > 0) {
      std::fill(d_reads.begin(), d_reads.end(), T(0));
      for (int64_t i = 0; i < count; ++i) {
        from[i] = d_rows + now(i) + row.state();
        to[i] = d_reads.data() + i * width;
      }
      add_product(from.data(), matrices.of_read, count, to.data());
      for (int64_t i = 0; i < count; ++i) {
        const int64_t first = sequences.offsets[i] * row.stride();
        read_backward(row, rows + first, d_rows + first, t, to[i], kept.data());
      }
    }
    for (int64_t i = 0; i < count; ++i) {
      const T* const values = rows + now(i);
      T* const d_values = d_rows + now(i);
      relu_backward(values + row.content(), row.hidden, d_values + row.content());
      softmax_backward(values + row.place(), row.slots, d_values + row.place());
      softmax_backward(values + row.read(), row.slots, d_values + row.read());
      sigmoid_backward(values + row.write_gate(), d_values + row.write_gate());
      sigmoid_backward(values + row.read_gate(), d_values + row.read_gate());
    }
    if (t == 0) return;
    for (int64_t i = 0; i < count; ++i) {
      from[i] = d_rows + now(i);
      to[i] = d_states.data() + i * width;
    }
    add_product(from.data(), matrices.of_g, count, to.data());
  }
}

}  // namespace

VIDQA_MULTIARCH void question_memory_forward(const Sequences& sequences,
                                             const QuestionMemoryRow& row,
                                             const QuestionMemoryMatrices<float>& matrices,
                                             float* rows, float* reads) {
  forward_steps(sequences, row, matrices, rows, reads);
}

VIDQA_MULTIARCH void question_memory_forward(const Sequences& sequences,
                                             const QuestionMemoryRow& row,
                                             const QuestionMemoryMatrices<double>& matrices,
                                             double* rows, double* reads) {
  forward_steps(sequences, row, matrices, rows, reads);
}

VIDQA_MULTIARCH void question_memory_backward(const Sequences& sequences,
                                              const QuestionMemoryRow& row,
                                              const QuestionMemoryMatrices<float>& matrices,
                                              const float* rows, const float* d_hidden,
                                              float* d_rows) {
  backward_steps(sequences, row, matrices, rows, d_hidden, d_rows);
}

VIDQA_MULTIARCH void question_memory_backward(const Sequences& sequences,
                                              const QuestionMemoryRow& row,
                                              const QuestionMemoryMatrices<double>& matrices,
                                              const double* rows, const double* d_hidden,
                                              double* d_rows) {
  backward_steps(sequences, row, matrices, rows, d_hidden, d_rows);
}

}  // namespace vidqa::models::cpu
