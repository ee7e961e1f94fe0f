#include "fusion/cpu/batched_fft.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "fusion/cpu/lanes.h"
#include "fusion/cpu/multiarch.h"

namespace vidqa::fusion::cpu {
namespace {

constexpr double kTwoPi = 6.283185307179586476925286766559;

/// Lengths of the transforms of a pass, longest first. Long ones save passes over memory; longer
/// ones than these do not fit the registers and take long to compile.
constexpr int64_t kRadices[] = {15, 12, 8, 7, 5, 4, 3, 2};

/// Factors of `length` among kRadices, shortest first; empty where a prime factor is too long.
std::vector<int64_t> factorize(int64_t length) {
  std::vector<int64_t> factors;
  for (const int64_t radix : kRadices) {
    while (length > 1 && length % radix == 0) {
      factors.push_back(radix);
      length /= radix;
    }
  }
  if (length != 1) factors.clear();
  std::reverse(factors.begin(), factors.end());
  return factors;
}

/// cos and sin of 2 pi j k / radix, for the transforms of odd length within a pass.
template <int kRadix, typename T>
struct Roots {
  T cosine[kRadix][kRadix];
  T sine[kRadix][kRadix];

  Roots() {
    for (int j = 0; j < kRadix; ++j) {
      for (int k = 0; k < kRadix; ++k) {
        const double angle = kTwoPi * ((j * k) % kRadix) / kRadix;
        cosine[j][k] = static_cast<T>(std::cos(angle));
        sine[j][k] = static_cast<T>(std::sin(angle));
      }
    }
  }
};

template <int kRadix, typename T>
const Roots<kRadix, T> kRoots{};

/// X_r of `kRadix` complex numbers, in place; 2, 4 or odd.
template <int kRadix, typename T>
VIDQA_INLINE void small_transform(Lanes<T>* real, Lanes<T>* imaginary) {
  using V = Lanes<T>;
  if constexpr (kRadix == 2) {
    const V r = real[1];
    const V i = imaginary[1];
    real[1] = real[0] - r;
    imaginary[1] = imaginary[0] - i;
    real[0] += r;
    imaginary[0] += i;
  } else if constexpr (kRadix == 4) {
    const V r02 = real[0] + real[2], i02 = imaginary[0] + imaginary[2];
    const V r13 = real[1] + real[3], i13 = imaginary[1] + imaginary[3];
    const V dr02 = real[0] - real[2], di02 = imaginary[0] - imaginary[2];
    const V dr13 = real[1] - real[3], di13 = imaginary[1] - imaginary[3];
    real[0] = r02 + r13, imaginary[0] = i02 + i13;
    real[1] = dr02 + di13, imaginary[1] = di02 - dr13;
    real[2] = r02 - r13, imaginary[2] = i02 - i13;
    real[3] = dr02 - di13, imaginary[3] = di02 + dr13;
  } else {
    // Of odd length: x_k and x_{radix - k} share their cosines, and their sines but for the sign.
    constexpr int kHalf = kRadix / 2;
    const Roots<kRadix, T>& roots = kRoots<kRadix, T>;
    V sum_r[kHalf], sum_i[kHalf], dif_r[kHalf], dif_i[kHalf];
    V total_r = real[0];
    V total_i = imaginary[0];
#pragma GCC unroll 8
    for (int k = 0; k < kHalf; ++k) {
      sum_r[k] = real[k + 1] + real[kRadix - 1 - k];
      sum_i[k] = imaginary[k + 1] + imaginary[kRadix - 1 - k];
      dif_r[k] = real[k + 1] - real[kRadix - 1 - k];
      dif_i[k] = imaginary[k + 1] - imaginary[kRadix - 1 - k];
      total_r += sum_r[k];
      total_i += sum_i[k];
    }
    const V first_r = real[0];
    const V first_i = imaginary[0];
#pragma GCC unroll 8
    for (int r = 1; r <= kHalf; ++r) {
      V even_r = first_r + roots.cosine[r][1] * sum_r[0];
      V even_i = first_i + roots.cosine[r][1] * sum_i[0];
      V odd_r = roots.sine[r][1] * dif_r[0];
      V odd_i = roots.sine[r][1] * dif_i[0];
#pragma GCC unroll 8
      for (int k = 1; k < kHalf; ++k) {
        even_r += roots.cosine[r][k + 1] * sum_r[k];
        even_i += roots.cosine[r][k + 1] * sum_i[k];
        odd_r += roots.sine[r][k + 1] * dif_r[k];
        odd_i += roots.sine[r][k + 1] * dif_i[k];
      }
      real[r] = even_r + odd_i;
      imaginary[r] = even_i - odd_r;
      real[kRadix - r] = even_r - odd_i;
      imaginary[kRadix - r] = even_i + odd_r;
    }
    real[0] = total_r;
    imaginary[0] = total_i;
  }
}

/// X_r of kA kB complex numbers, in place: transforms of length kA, then of length kB.
template <int kA, int kB, typename T>
VIDQA_INLINE void composite_transform(Lanes<T>* real, Lanes<T>* imaginary) {
  using V = Lanes<T>;
  const Roots<kA * kB, T>& roots = kRoots<kA * kB, T>;
  V r[kA * kB], i[kA * kB];
#pragma GCC unroll 16
  for (int n = 0; n < kB; ++n) {
    V column_r[kA], column_i[kA];
#pragma GCC unroll 16
    for (int k = 0; k < kA; ++k) {
      column_r[k] = real[kB * k + n];
      column_i[k] = imaginary[kB * k + n];
    }
    small_transform<kA, T>(column_r, column_i);
#pragma GCC unroll 16
    for (int k = 0; k < kA; ++k) {
      if (n == 0 || k == 0) {
        r[k * kB + n] = column_r[k];
        i[k * kB + n] = column_i[k];
      } else {
        const T cosine = roots.cosine[n][k], sine = roots.sine[n][k];
        r[k * kB + n] = column_r[k] * cosine + column_i[k] * sine;
        i[k * kB + n] = column_i[k] * cosine - column_r[k] * sine;
      }
    }
  }
#pragma GCC unroll 16
  for (int k = 0; k < kA; ++k) {
    small_transform<kB, T>(r + k * kB, i + k * kB);
#pragma GCC unroll 16
    for (int n = 0; n < kB; ++n) {
      real[k + kA * n] = r[k * kB + n];
      imaginary[k + kA * n] = i[k * kB + n];
    }
  }
}

template <int kRadix, typename T>
VIDQA_INLINE void pass_transform(Lanes<T>* real, Lanes<T>* imaginary) {
  if constexpr (kRadix % 5 == 0 && kRadix > 5) {
    composite_transform<kRadix / 5, 5, T>(real, imaginary);
  } else if constexpr (kRadix % 4 == 0 && kRadix > 4) {
    composite_transform<kRadix / 4, 4, T>(real, imaginary);
  } else {
    small_transform<kRadix, T>(real, imaginary);
  }
}

/// One pass: element (t, group, k) of the input is at t + stride (group + groups k), element
/// (t, group, r) of the output at t + stride (radix group + r), with its twiddle factor.
template <int kRadix, typename T>
VIDQA_INLINE void run_pass(int64_t groups, int64_t stride, const T* twiddle_r, const T* twiddle_i,
                           const T* from_r, const T* from_i, T* to_r, T* to_i) {
  using V = Lanes<T>;
  const int64_t width = stride * kLanes;
  for (int64_t group = 0; group < groups; ++group) {
    const T* wr = twiddle_r + group * (kRadix - 1);
    const T* wi = twiddle_i + group * (kRadix - 1);
    for (int64_t t = 0; t < width; t += kLanes) {
      V real[kRadix], imaginary[kRadix];
#pragma GCC unroll 20
      for (int k = 0; k < kRadix; ++k) {
        load<T>(from_r + t + width * (group + groups * k), real[k]);
        load<T>(from_i + t + width * (group + groups * k), imaginary[k]);
      }
      pass_transform<kRadix, T>(real, imaginary);
      store<T>(real[0], to_r + t + width * kRadix * group);
      store<T>(imaginary[0], to_i + t + width * kRadix * group);
#pragma GCC unroll 20
      for (int r = 1; r < kRadix; ++r) {
        const int64_t place = t + width * (kRadix * group + r);
        store<T>(real[r] * wr[r - 1] - imaginary[r] * wi[r - 1], to_r + place);
        store<T>(real[r] * wi[r - 1] + imaginary[r] * wr[r - 1], to_i + place);
      }
    }
  }
}

template <typename T>
VIDQA_INLINE void dispatch_pass(int64_t radix, int64_t groups, int64_t stride, const T* twiddle_r,
                                const T* twiddle_i, const T* from_r, const T* from_i, T* to_r,
                                T* to_i) {
#define VIDQA_RADIX(kRadix) \
  case kRadix:              \
    return run_pass<kRadix>(groups, stride, twiddle_r, twiddle_i, from_r, from_i, to_r, to_i);
  switch (radix) {
    VIDQA_RADIX(2)
    VIDQA_RADIX(3)
    VIDQA_RADIX(4)
    VIDQA_RADIX(5)
    VIDQA_RADIX(7)
    VIDQA_RADIX(8)
    VIDQA_RADIX(12)
    VIDQA_RADIX(15)
  }
#undef VIDQA_RADIX
}

VIDQA_MULTIARCH void pass(int64_t radix, int64_t groups, int64_t stride, const float* twiddle_r,
                          const float* twiddle_i, const float* from_r, const float* from_i,
                          float* to_r, float* to_i) {
  dispatch_pass(radix, groups, stride, twiddle_r, twiddle_i, from_r, from_i, to_r, to_i);
}

// Tests alone compute in double: one version is enough.
void pass(int64_t radix, int64_t groups, int64_t stride, const double* twiddle_r,
          const double* twiddle_i, const double* from_r, const double* from_i, double* to_r,
          double* to_i) {
  dispatch_pass(radix, groups, stride, twiddle_r, twiddle_i, from_r, from_i, to_r, to_i);
}

}  // namespace

bool BatchedFft::supports(int64_t length) {
  return length == 1 || (length > 1 && !factorize(length).empty());
}

BatchedFft::BatchedFft(int64_t length) : length_(length) {
  if (!supports(length))
    throw std::invalid_argument("BatchedFft: no transform of length " + std::to_string(length));
  int64_t remaining = length;
  int64_t stride = 1;
  for (const int64_t radix : factorize(length)) {
    const int64_t groups = remaining / radix;
    passes_.push_back({radix, groups, stride, static_cast<int64_t>(double_.real.size())});
    for (int64_t group = 0; group < groups; ++group) {
      for (int64_t r = 1; r < radix; ++r) {
        const double angle =
            -kTwoPi * static_cast<double>((group * r) % remaining) / static_cast<double>(remaining);
        double_.real.push_back(std::cos(angle));
        double_.imaginary.push_back(std::sin(angle));
      }
    }
    remaining = groups;
    stride *= radix;
  }
  single_.real.assign(double_.real.begin(), double_.real.end());
  single_.imaginary.assign(double_.imaginary.begin(), double_.imaginary.end());
}

template <typename T>
LaneSequence<T> BatchedFft::run(const Twiddles<T>& twiddles, LaneSequence<T> data,
                                LaneSequence<T> work) const {
  for (const Pass& step : passes_) {
    pass(step.radix, step.groups, step.stride, twiddles.real.data() + step.twiddles,
         twiddles.imaginary.data() + step.twiddles, data.real, data.imaginary, work.real,
         work.imaginary);
    std::swap(data, work);
  }
  return data;
}

LaneSequence<float> BatchedFft::transform(LaneSequence<float> data,
                                          LaneSequence<float> work) const {
  return run(single_, data, work);
}

LaneSequence<double> BatchedFft::transform(LaneSequence<double> data,
                                           LaneSequence<double> work) const {
  return run(double_, data, work);
}

}  // namespace vidqa::fusion::cpu
