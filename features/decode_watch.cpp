#include "features/decode_watch.h"

#include <utility>

namespace vidqa::features {
namespace {

double seconds_between(std::chrono::steady_clock::time_point from,
                       std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

void DecodeWatch::begin(size_t clip) {
  const std::lock_guard<std::mutex> lock(mutex_);
  clip_ = clip;
  used_ = 0;
}

void DecodeWatch::start() {
  const std::lock_guard<std::mutex> lock(mutex_);
  start_ = Clock::now();
}

double DecodeWatch::stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  const double passed = seconds_between(*std::exchange(start_, std::nullopt), Clock::now());
  used_ += passed;
  return passed;
}

double DecodeWatch::used_with_running() const {
  return used_ + (start_ ? seconds_between(*start_, Clock::now()) : 0);
}

double DecodeWatch::used() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return used_with_running();
}

std::optional<size_t> DecodeWatch::give_up_after(double seconds) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (is_given_up_ || !start_ || used_with_running() <= seconds) return std::nullopt;
  is_given_up_ = true;
  return clip_;
}

bool DecodeWatch::is_given_up() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return is_given_up_;
}

}  // namespace vidqa::features
