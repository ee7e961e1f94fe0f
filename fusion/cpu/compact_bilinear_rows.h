#pragma once

#include <cstdint>
#include <vector>

#include "fusion/cpu/batched_fft.h"

namespace vidqa::fusion::cpu {

/// Count sketch of n features into m places (fusion/functional.h), ordered both ways.
template <typename T>
struct Sketch {
  /// h (n) places in [0, m), s (n) signs; both are copied.
  Sketch(const int64_t* h, const T* s, int64_t n, int64_t m);

  int64_t width() const { return static_cast<int64_t>(places.size()); }

  std::vector<int64_t> places;  ///< of each feature
  std::vector<T> signs;         ///< of each feature
  /// Features that fall into place k: features[starts[k]] up to features[starts[k + 1]].
  std::vector<int64_t> starts;
  std::vector<int64_t> features;
};

/// The circular convolution of the sketches of x and y (MCB), for `rows` rows: x (rows, n0), y
/// (rows, n1) -> z (rows, m), m = fft.length(). A transform serves two real sequences as the real
/// and the imaginary part of a complex one: both sketches of a row on the way there, the results of
/// two rows on the way back.
void compact_bilinear_forward(const BatchedFft& fft, const Sketch<float>& sketch_x,
                              const Sketch<float>& sketch_y, const float* x, const float* y,
                              int64_t rows, float* z);
void compact_bilinear_forward(const BatchedFft& fft, const Sketch<double>& sketch_x,
                              const Sketch<double>& sketch_y, const double* x, const double* y,
                              int64_t rows, double* z);

/// Gradient dz (rows, m) -> dx (rows, n0), dy (rows, n1). The spectra of the sketches are computed
/// again.
void compact_bilinear_backward(const BatchedFft& fft, const Sketch<float>& sketch_x,
                               const Sketch<float>& sketch_y, const float* x, const float* y,
                               const float* dz, int64_t rows, float* dx, float* dy);
void compact_bilinear_backward(const BatchedFft& fft, const Sketch<double>& sketch_x,
                               const Sketch<double>& sketch_y, const double* x, const double* y,
                               const double* dz, int64_t rows, double* dx, double* dy);

}  // namespace vidqa::fusion::cpu
