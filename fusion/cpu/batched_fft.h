#pragma once

#include <cstdint>
#include <vector>

namespace vidqa::fusion::cpu {

/// Complex values of kLanes rows (lanes.h), planar and transposed: real[k * kLanes + row].
template <typename T>
struct LaneSequence {
  T* real = nullptr;
  T* imaginary = nullptr;
};

/// Discrete Fourier transforms of several rows at once, by the self-sorting mixed-radix algorithm
/// (Stockham; Temperton, J. Comput. Phys. 52, 1983). The rows lie side by side in the lanes of the
/// vector registers, so that no transform shuffles lanes, and any length with small prime factors
/// does as well as a power of two.
class BatchedFft {
 public:
  /// Throws std::invalid_argument unless supports(length).
  explicit BatchedFft(int64_t length);

  /// Whether no prime factor of `length` is above 7: longer ones would cost their square.
  static bool supports(int64_t length);

  int64_t length() const { return length_; }

  /// X_k = sum_j x_j exp(-2 pi i j k / length). Uses both buffers, of `length` values each, and
  /// leaves the result in `data` or in `work`, whichever its last pass wrote: it is returned, the
  /// other may be used again. The inverse, without its factor 1 / length, is the same with real and
  /// imaginary parts exchanged.
  LaneSequence<float> transform(LaneSequence<float> data, LaneSequence<float> work) const;
  LaneSequence<double> transform(LaneSequence<double> data, LaneSequence<double> work) const;

 private:
  /// Transforms of length `radix`: `groups` of them, with a twiddle factor each, of `stride`
  /// elements at a time.
  struct Pass {
    int64_t radix = 0;
    int64_t groups = 0;
    int64_t stride = 0;
    int64_t twiddles = 0;  ///< place of the first: radix - 1 for each group
  };
  template <typename T>
  struct Twiddles {
    std::vector<T> real;
    std::vector<T> imaginary;
  };

  template <typename T>
  LaneSequence<T> run(const Twiddles<T>& twiddles, LaneSequence<T> data,
                      LaneSequence<T> work) const;

  int64_t length_;
  std::vector<Pass> passes_;
  Twiddles<float> single_;
  Twiddles<double> double_;
};

}  // namespace vidqa::fusion::cpu
