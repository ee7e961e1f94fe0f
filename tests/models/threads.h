#pragma once

#include <ATen/Parallel.h>

namespace vidqa::models::testing {

/// Sets the number of LibTorch's threads for as long as it lives.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

}  // namespace vidqa::models::testing
