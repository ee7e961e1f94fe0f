#include "fusion/cpu/batched_fft.h"

#include <cmath>
#include <complex>
#include <random>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "fusion/cpu/lanes.h"

namespace vidqa::fusion::cpu {
namespace {

constexpr double kPi = 3.14159265358979323846;

template <typename T>
struct Data {
  std::vector<T> real;
  std::vector<T> imaginary;

  explicit Data(int64_t length)
      : real(static_cast<size_t>(length * kLanes)), imaginary(real.size()) {}
  LaneSequence<T> sequence() { return {real.data(), imaginary.data()}; }
};

template <typename T>
Data<T> random_data(int64_t length) {
  Data<T> data(length);
  std::mt19937 random(3);
  std::uniform_real_distribution<T> uniform(-1, 1);
  for (T& x : data.real) x = uniform(random);
  for (T& x : data.imaginary) x = uniform(random);
  return data;
}

/// Greatest distance of a transform from the sum that defines it, over the root of the length.
template <typename T>
double error(int64_t length) {
  const BatchedFft fft(length);
  const Data<T> original = random_data<T>(length);
  Data<T> data = original;
  Data<T> work(length);
  const LaneSequence<T> result = fft.transform(data.sequence(), work.sequence());
  double worst = 0;
  for (int64_t k = 0; k < length; ++k) {
    for (const int64_t lane : {int64_t{0}, int64_t{5}, kLanes - 1}) {
      std::complex<double> sum = 0;
      for (int64_t j = 0; j < length; ++j) {
        const size_t place = static_cast<size_t>(j * kLanes + lane);
        const double angle =
            -2 * kPi * static_cast<double>(j * k % length) / static_cast<double>(length);
        sum += std::complex<double>(original.real[place], original.imaginary[place]) *
               std::polar(1.0, angle);
      }
      const std::complex<double> ours(result.real[k * kLanes + lane],
                                      result.imaginary[k * kLanes + lane]);
      worst = std::max(worst, std::abs(ours - sum));
    }
  }
  return worst / std::sqrt(static_cast<double>(length));
}

TEST(BatchedFft, EqualsTheSumThatDefinesIt) {
  for (const int64_t length : {1,  2,  3,  4,  5,  6,  7,   8,   9,   10,  12,   14,   15,  16,
                               21, 25, 35, 49, 60, 64, 105, 120, 225, 360, 1000, 1500, 1600}) {
    ASSERT_TRUE(BatchedFft::supports(length)) << length;
    EXPECT_LT(error<double>(length), 1e-14) << length;
    EXPECT_LT(error<float>(length), 5e-7) << length;
  }
}

TEST(BatchedFft, IsInvertedByExchangingTheParts) {
  const int64_t length = 420;
  const BatchedFft fft(length);
  const Data<double> original = random_data<double>(length);
  Data<double> data = original;
  Data<double> work(length);
  const LaneSequence<double> there = fft.transform(data.sequence(), work.sequence());
  const LaneSequence<double> free =
      there.real == data.real.data() ? work.sequence() : data.sequence();
  const LaneSequence<double> back =
      fft.transform({there.imaginary, there.real}, {free.imaginary, free.real});
  for (int64_t i = 0; i < length * kLanes; ++i) {
    ASSERT_NEAR(back.imaginary[i] / length, original.real[i], 1e-14);
    ASSERT_NEAR(back.real[i] / length, original.imaginary[i], 1e-14);
  }
}

TEST(BatchedFft, RefusesLongPrimeFactors) {
  for (const int64_t length : {11, 13, 26, 1499, 0, -4}) {
    EXPECT_FALSE(BatchedFft::supports(length)) << length;
    EXPECT_THROW(BatchedFft fft(length), std::invalid_argument) << length;
  }
}

}  // namespace
}  // namespace vidqa::fusion::cpu
