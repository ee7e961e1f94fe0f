#include "models/cpu/video_memory_steps.h"

#include <algorithm>
#include <vector>

#include "models/cpu/memory_rows.h"

namespace vidqa::models::cpu {
namespace {

/// r of step t from the rows of the steps before it.
template <typename T>
VIDQA_INLINE void read_forward(const VideoMemoryRow& row, const T* first, int64_t t, T* r) {
  const T* const p = first + t * row.stride() + row.read();
  std::fill_n(r, row.hidden, T(0));
  T decay = 1;
  for (int64_t s = t - 1; s >= 0; --s) {
    const T* const then = first + s * row.stride();
    const T* const e = then + row.gates();
    const T of_a = decay * e[1] * dot(p, then + row.place_a(), row.slots);
    const T of_m = decay * e[2] * dot(p, then + row.place_m(), row.slots);
    const T* const k_a = then + row.content_a();
    const T* const k_m = then + row.content_m();
#pragma omp simd
    for (int64_t j = 0; j < row.hidden; ++j) r[j] += of_a * k_a[j] + of_m * k_m[j];
    decay *= e[0];
  }
}

/// One stream's part of what dr gives to step s: p . w and dr . k, with the gradients of w, k and p
/// added up.
template <typename T>
struct Written {
  T match;   ///< p . w
  T wanted;  ///< dr . k
};

template <typename T>
VIDQA_INLINE Written<T> write_backward(const VideoMemoryRow& row, const T* p, const T* dr, T scale,
                                       const T* w, const T* k, T* dw, T* dk, T* dp) {
  const Written<T> written = {dot(p, w, row.slots), dot(dr, k, row.hidden)};
  add_scaled(scale * written.match, dr, row.hidden, dk);
  const T d_match = scale * written.wanted;
  add_scaled(d_match, p, row.slots, dw);
  add_scaled(d_match, w, row.slots, dp);
  return written;
}

/// From dr of step t to the gradients of p_t and of everything that was written before; `decay`:
/// room for t values.
template <typename T>
VIDQA_INLINE void read_backward(const VideoMemoryRow& row, const T* first, T* d_first, int64_t t,
                                const T* dr, T* decay) {
  const T* const p = first + t * row.stride() + row.read();
  T* const dp = d_first + t * row.stride() + row.read();
  T product = 1;
  for (int64_t s = t - 1; s >= 0; --s) {
    decay[s] = product;
    product *= first[s * row.stride() + row.gates()];
  }
  T d_decay = 0;  // of the step before s
  for (int64_t s = 0; s < t; ++s) {
    const T* const then = first + s * row.stride();
    T* const d_then = d_first + s * row.stride();
    const T* const e = then + row.gates();
    T* const de = d_then + row.gates();
    const Written<T> a =
        write_backward(row, p, dr, decay[s] * e[1], then + row.place_a(), then + row.content_a(),
                       d_then + row.place_a(), d_then + row.content_a(), dp);
    const Written<T> m =
        write_backward(row, p, dr, decay[s] * e[2], then + row.place_m(), then + row.content_m(),
                       d_then + row.place_m(), d_then + row.content_m(), dp);
    de[0] += d_decay * decay[s];
    de[1] += decay[s] * a.wanted * a.match;
    de[2] += decay[s] * m.wanted * m.match;
    d_decay = d_decay * e[0] + e[1] * a.wanted * a.match + e[2] * m.wanted * m.match;
  }
}

template <typename T>
VIDQA_INLINE void forward_steps(const Sequences& sequences, const VideoMemoryRow& row,
                                const VideoMemoryMatrices<T>& matrices, T* rows, T* reads) {
  const int64_t read_stride = in_panels(row.hidden);
  Pointers<const T> from(sequences.count);
  Pointers<T> to(sequences.count);
  int64_t count = sequences.count;
  for (int64_t t = 0; t < sequences.longest(); ++t) {
    count = active(sequences, t, count);
    const auto now = [&](int64_t i) { return rows + (sequences.offsets[i] + t) * row.stride(); };
    const auto read = [&](int64_t i) { return reads + (sequences.offsets[i] + t) * read_stride; };
    const auto add = [&](const PackedMatrix<T>& matrix, int64_t state, int64_t piece) {
      for (int64_t i = 0; i < count; ++i) {
        from[i] = now(i) - row.stride() + state;
        to[i] = now(i) + piece;
      }
      add_product(from.data(), matrix, count, to.data());
    };
    if (t > 0) {
      add(matrices.control, row.state_a(), row.read());
      add(matrices.of_a, row.state_a(), row.content_a());
      add(matrices.of_g, row.state(), row.state());
      add(matrices.of_m, row.state_m(), row.state_m());
    }
    for (int64_t i = 0; i < count; ++i) {
      T* const values = now(i);
      softmax(values + row.read(), row.slots);
      softmax(values + row.gates(), int64_t{3});
      softmax(values + row.place_a(), row.slots);
      softmax(values + row.place_m(), row.slots);
      relu(values + row.content_a(), row.hidden);
      relu(values + row.content_m(), row.hidden);
      read_forward(row, rows + sequences.offsets[i] * row.stride(), t, read(i));
    }
    if (t > 0) {
      for (int64_t i = 0; i < count; ++i) {
        from[i] = read(i);
        to[i] = now(i) + row.state_a();
      }
      add_product(from.data(), matrices.of_read, count, to.data());
    }
    for (int64_t i = 0; i < count; ++i) relu(now(i) + row.state_a(), 3 * row.hidden);
  }
}

template <typename T>
VIDQA_INLINE void backward_steps(const Sequences& sequences, const VideoMemoryRow& row,
                                 const VideoMemoryMatrices<T>& matrices, const T* rows,
                                 const T* d_hidden, T* d_rows) {
  const int64_t states = 3 * row.hidden;  // g_a, g, g_m
  const int64_t states_stride = states + kPanelColumns;
  const int64_t read_stride = in_panels(row.hidden);
  std::vector<T> d_states(static_cast<size_t>(sequences.count * states_stride), T(0));
  std::vector<T> d_reads(static_cast<size_t>(sequences.count * read_stride));
  std::vector<T> decay(static_cast<size_t>(sequences.longest()));
  Pointers<const T> from(sequences.count);
  Pointers<T> to(sequences.count);
  int64_t count = 0;
  for (int64_t t = sequences.longest() - 1; t >= 0; --t) {
    count = active(sequences, t, count);
    const auto now = [&](int64_t i) { return (sequences.offsets[i] + t) * row.stride(); };
    const auto add = [&](const PackedMatrix<T>& matrix, int64_t piece, int64_t state) {
      for (int64_t i = 0; i < count; ++i) {
        from[i] = d_rows + now(i) + piece;
        to[i] = d_states.data() + i * states_stride + state;
      }
      add_product(from.data(), matrix, count, to.data());
    };
    for (int64_t i = 0; i < count; ++i) {
      T* const d_state = d_states.data() + i * states_stride;
      T* const d_now = d_rows + now(i) + row.state_a();
      add_scaled(T(1), d_hidden + (sequences.offsets[i] + t) * row.hidden, row.hidden,
                 d_state + row.hidden);
      std::copy_n(d_state, states, d_now);
      std::fill_n(d_state, states, T(0));
      relu_backward(rows + now(i) + row.state_a(), states, d_now);
    }
    if (t > 0) {
      std::fill(d_reads.begin(), d_reads.end(), T(0));
      for (int64_t i = 0; i < count; ++i) {
        from[i] = d_rows + now(i) + row.state_a();
        to[i] = d_reads.data() + i * read_stride;
      }
      add_product(from.data(), matrices.of_read, count, to.data());
      for (int64_t i = 0; i < count; ++i) {
        const int64_t first = sequences.offsets[i] * row.stride();
        read_backward(row, rows + first, d_rows + first, t, to[i], decay.data());
      }
    }
    for (int64_t i = 0; i < count; ++i) {
      const T* const values = rows + now(i);
      T* const d_values = d_rows + now(i);
      softmax_backward(values + row.read(), row.slots, d_values + row.read());
      softmax_backward(values + row.gates(), int64_t{3}, d_values + row.gates());
      softmax_backward(values + row.place_a(), row.slots, d_values + row.place_a());
      softmax_backward(values + row.place_m(), row.slots, d_values + row.place_m());
      relu_backward(values + row.content_a(), row.hidden, d_values + row.content_a());
      relu_backward(values + row.content_m(), row.hidden, d_values + row.content_m());
    }
    if (t == 0) return;
    add(matrices.of_a, row.content_a(), 0);
    add(matrices.of_g, row.state(), row.hidden);
    add(matrices.of_m, row.state_m(), 2 * row.hidden);
    add(matrices.control, row.read(), 0);
  }
}

}  // namespace

VIDQA_MULTIARCH void video_memory_forward(const Sequences& sequences, const VideoMemoryRow& row,
                                          const VideoMemoryMatrices<float>& matrices, float* rows,
                                          float* reads) {
  forward_steps(sequences, row, matrices, rows, reads);
}

VIDQA_MULTIARCH void video_memory_forward(const Sequences& sequences, const VideoMemoryRow& row,
                                          const VideoMemoryMatrices<double>& matrices, double* rows,
                                          double* reads) {
  forward_steps(sequences, row, matrices, rows, reads);
}

VIDQA_MULTIARCH void video_memory_backward(const Sequences& sequences, const VideoMemoryRow& row,
                                           const VideoMemoryMatrices<float>& matrices,
                                           const float* rows, const float* d_hidden,
                                           float* d_rows) {
  backward_steps(sequences, row, matrices, rows, d_hidden, d_rows);
}

VIDQA_MULTIARCH void video_memory_backward(const Sequences& sequences, const VideoMemoryRow& row,
                                           const VideoMemoryMatrices<double>& matrices,
                                           const double* rows, const double* d_hidden,
                                           double* d_rows) {
  backward_steps(sequences, row, matrices, rows, d_hidden, d_rows);
}

}  // namespace vidqa::models::cpu
