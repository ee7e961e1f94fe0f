#include "fusion/cpu/compact_bilinear_rows.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "fusion/cpu/lanes.h"
#include "fusion/cpu/multiarch.h"

namespace vidqa::fusion::cpu {
namespace {

/// Memory of one thread: four sequences of m values and features of kLanes rows.
template <typename T>
class Work {
 public:
  Work(int64_t m, int64_t features)
      : plane_(m * kLanes), memory_(new T[static_cast<size_t>(8 * plane_ + features * kLanes)]) {}

  LaneSequence<T> sequence(int64_t index) {
    return {memory_.get() + 2 * index * plane_, memory_.get() + (2 * index + 1) * plane_};
  }
  T* features() { return memory_.get() + 8 * plane_; }

 private:
  int64_t plane_;
  std::unique_ptr<T[]> memory_;  // not initialised
};

/// Rows of a pair of groups of lanes, which share a transform.
struct Pair {
  int64_t first;
  int64_t lanes[2];
};

template <typename Body>
VIDQA_INLINE void for_pairs(int64_t rows, Body body) {
  for (int64_t first = 0; first < rows; first += 2 * kLanes) {
    const int64_t left = rows - first;
    body(Pair{first, {std::min(kLanes, left), std::clamp<int64_t>(left - kLanes, 0, kLanes)}});
  }
}

/// x (lanes, n) -> its sketch, m values of kLanes rows.
template <typename T>
VIDQA_INLINE void sketch_rows(const Sketch<T>& sketch, const T* x, int64_t lanes, T* features,
                              T* out) {
  using V = Lanes<T>;
  to_lanes(x, sketch.width(), lanes, features);
  const int64_t m = static_cast<int64_t>(sketch.starts.size()) - 1;
  for (int64_t k = 0; k < m; ++k) {
    V sum = {};
    for (int64_t f = sketch.starts[k]; f < sketch.starts[k + 1]; ++f) {
      const int64_t feature = sketch.features[f];
      V value;
      load<T>(features + feature * kLanes, value);
      sum += sketch.signs[feature] * value;
    }
    store<T>(sum, out + k * kLanes);
  }
}

/// The gradient of a sketch -> gradient of x (lanes, n), times `scale`.
template <typename T>
VIDQA_INLINE void unsketch_rows(const Sketch<T>& sketch, const T* gradient, int64_t lanes, T scale,
                                T* features, T* dx) {
  using V = Lanes<T>;
  for (int64_t i = 0; i < sketch.width(); ++i) {
    V value;
    load<T>(gradient + sketch.places[i] * kLanes, value);
    store<T>(sketch.signs[i] * scale * value, features + i * kLanes);
  }
  from_lanes(features, sketch.width(), lanes, dx);
}

/// A complex value of kLanes rows.
template <typename T>
struct Complex {
  Lanes<T> real;
  Lanes<T> imaginary;
};

template <typename T>
VIDQA_INLINE Complex<T> at(const LaneSequence<T>& sequence, int64_t k) {
  Complex<T> value;
  load<T>(sequence.real + k * kLanes, value.real);
  load<T>(sequence.imaginary + k * kLanes, value.imaginary);
  return value;
}

template <typename T>
VIDQA_INLINE void set(const LaneSequence<T>& sequence, int64_t k, const Lanes<T>& real,
                      const Lanes<T>& imaginary) {
  store<T>(real, sequence.real + k * kLanes);
  store<T>(imaginary, sequence.imaginary + k * kLanes);
}

/// With C = P + i Q the transform of p + i q, P and Q those of the real p and q, each doubled:
///   2 P_k = C_k + conj C_{m-k},  2 Q_k = (C_k - conj C_{m-k}) / i;
/// at m - k they are the conjugates.
template <typename T>
VIDQA_INLINE void separate(const LaneSequence<T>& c, int64_t k, int64_t mirror, Complex<T>& p,
                           Complex<T>& q) {
  const Complex<T> here = at(c, k);
  const Complex<T> there = at(c, mirror);
  p = {here.real + there.real, here.imaginary - there.imaginary};
  q = {here.imaginary + there.imaginary, there.real - here.real};
}

/// body(k, m - k) for each pair of places of a spectrum.
template <typename Body>
VIDQA_INLINE void for_mirrors(int64_t m, Body body) {
  for (int64_t k = 0; 2 * k <= m; ++k) body(k, k == 0 ? 0 : m - k);
}

template <typename T>
VIDQA_INLINE void forward_rows(const BatchedFft& fft, const Sketch<T>& sketch_x,
                               const Sketch<T>& sketch_y, const T* x, const T* y, int64_t rows,
                               T* z) {
  using V = Lanes<T>;
  const int64_t m = fft.length();
  Work<T> memory(m, std::max(sketch_x.width(), sketch_y.width()));
  const T scale = 1 / (4 * static_cast<T>(m));  // of the inverse, and of what separate() doubles
  for_pairs(rows, [&](const Pair& pair) VIDQA_INLINE_LAMBDA {
    LaneSequence<T> work = memory.sequence(2);
    LaneSequence<T> spectra[2];
    for (int half = 0; half < 2; ++half) {
      const int64_t row = pair.first + half * kLanes;
      const LaneSequence<T> sketches = memory.sequence(half);
      sketch_rows(sketch_x, x + row * sketch_x.width(), pair.lanes[half], memory.features(),
                  sketches.real);
      sketch_rows(sketch_y, y + row * sketch_y.width(), pair.lanes[half], memory.features(),
                  sketches.imaginary);
      spectra[half] = fft.transform(sketches, work);
      if (spectra[half].real == work.real) work = sketches;
    }
    // F = P Q of both halves, joined as F_0 + i F_1, so that one transform takes both back.
    const LaneSequence<T> product = memory.sequence(3);
    for_mirrors(m, [&](int64_t k, int64_t mirror) VIDQA_INLINE_LAMBDA {
      V real[2], imaginary[2];
      for (int half = 0; half < 2; ++half) {
        Complex<T> p, q;
        separate(spectra[half], k, mirror, p, q);
        real[half] = scale * (p.real * q.real - p.imaginary * q.imaginary);
        imaginary[half] = scale * (p.real * q.imaginary + p.imaginary * q.real);
      }
      set(product, k, V(real[0] - imaginary[1]), V(imaginary[0] + real[1]));
      set(product, mirror, V(real[0] + imaginary[1]), V(real[1] - imaginary[0]));
    });
    const LaneSequence<T> back =
        fft.transform({product.imaginary, product.real}, {work.imaginary, work.real});
    from_lanes(back.imaginary, m, pair.lanes[0], z + pair.first * m);
    from_lanes(back.real, m, pair.lanes[1], z + (pair.first + kLanes) * m);
  });
}

template <typename T>
VIDQA_INLINE void backward_rows(const BatchedFft& fft, const Sketch<T>& sketch_x,
                                const Sketch<T>& sketch_y, const T* x, const T* y, const T* dz,
                                int64_t rows, T* dx, T* dy) {
  using V = Lanes<T>;
  const int64_t m = fft.length();
  Work<T> memory(m, std::max(sketch_x.width(), sketch_y.width()));
  const T scale = 1 / (4 * static_cast<T>(m));
  for_pairs(rows, [&](const Pair& pair) VIDQA_INLINE_LAMBDA {
    LaneSequence<T> gradients = memory.sequence(0);
    LaneSequence<T> work = memory.sequence(1);
    to_lanes(dz + pair.first * m, m, pair.lanes[0], gradients.real);
    to_lanes(dz + (pair.first + kLanes) * m, m, pair.lanes[1], gradients.imaginary);
    const LaneSequence<T> spectra = fft.transform(gradients, work);  // of both halves, as P and Q
    if (spectra.real == work.real) work = gradients;
    for (int half = 0; half < 2 && pair.lanes[half] > 0; ++half) {
      const int64_t row = pair.first + half * kLanes;
      LaneSequence<T> sketches = memory.sequence(2);
      sketch_rows(sketch_x, x + row * sketch_x.width(), pair.lanes[half], memory.features(),
                  sketches.real);
      sketch_rows(sketch_y, y + row * sketch_y.width(), pair.lanes[half], memory.features(),
                  sketches.imaginary);
      const LaneSequence<T> c = fft.transform(sketches, work);
      LaneSequence<T> free = c.real == work.real ? sketches : work;
      // dp and dq are the transforms back of dZ conj Q and dZ conj P, joined as the first + i times
      // the second.
      const LaneSequence<T> product = memory.sequence(3);
      for_mirrors(m, [&](int64_t k, int64_t mirror) VIDQA_INLINE_LAMBDA {
        Complex<T> both[2], p, q;
        separate(spectra, k, mirror, both[0], both[1]);
        separate(c, k, mirror, p, q);
        const V& r = both[half].real;
        const V& i = both[half].imaginary;
        const V dp_r = r * q.real + i * q.imaginary, dp_i = i * q.real - r * q.imaginary;
        const V dq_r = r * p.real + i * p.imaginary, dq_i = i * p.real - r * p.imaginary;
        set(product, k, V(dp_r - dq_i), V(dp_i + dq_r));
        set(product, mirror, V(dp_r + dq_i), V(dq_r - dp_i));
      });
      const LaneSequence<T> back =
          fft.transform({product.imaginary, product.real}, {free.imaginary, free.real});
      unsketch_rows(sketch_x, back.imaginary, pair.lanes[half], scale, memory.features(),
                    dx + row * sketch_x.width());
      unsketch_rows(sketch_y, back.real, pair.lanes[half], scale, memory.features(),
                    dy + row * sketch_y.width());
    }
  });
}

}  // namespace

template <typename T>
Sketch<T>::Sketch(const int64_t* h, const T* s, int64_t n, int64_t m)
    : places(h, h + n),
      signs(s, s + n),
      starts(static_cast<size_t>(m + 1)),
      features(places.size()) {
  for (const int64_t place : places) ++starts[place + 1];
  for (int64_t k = 0; k < m; ++k) starts[k + 1] += starts[k];
  std::vector<int64_t> next = starts;
  for (int64_t i = 0; i < n; ++i) features[next[places[i]]++] = i;
}

template struct Sketch<float>;
template struct Sketch<double>;

VIDQA_MULTIARCH void compact_bilinear_forward(const BatchedFft& fft, const Sketch<float>& sketch_x,
                                              const Sketch<float>& sketch_y, const float* x,
                                              const float* y, int64_t rows, float* z) {
  forward_rows(fft, sketch_x, sketch_y, x, y, rows, z);
}

void compact_bilinear_forward(const BatchedFft& fft, const Sketch<double>& sketch_x,
                              const Sketch<double>& sketch_y, const double* x, const double* y,
                              int64_t rows, double* z) {
  forward_rows(fft, sketch_x, sketch_y, x, y, rows, z);
}

VIDQA_MULTIARCH void compact_bilinear_backward(const BatchedFft& fft, const Sketch<float>& sketch_x,
                                               const Sketch<float>& sketch_y, const float* x,
                                               const float* y, const float* dz, int64_t rows,
                                               float* dx, float* dy) {
  backward_rows(fft, sketch_x, sketch_y, x, y, dz, rows, dx, dy);
}

void compact_bilinear_backward(const BatchedFft& fft, const Sketch<double>& sketch_x,
                               const Sketch<double>& sketch_y, const double* x, const double* y,
                               const double* dz, int64_t rows, double* dx, double* dy) {
  backward_rows(fft, sketch_x, sketch_y, x, y, dz, rows, dx, dy);
}

}  // namespace vidqa::fusion::cpu
