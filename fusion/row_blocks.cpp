#include "fusion/row_blocks.h"

#include <mutex>

#include <dlfcn.h>
#include <torch/torch.h>

namespace vidqa::fusion {
namespace {

/// The thread pool of an OpenBLAS that has one of its own.
struct BlasThreads {
  int (*get)() = nullptr;  ///< null: there is none
  void (*set)(int) = nullptr;
};

BlasThreads find_blas_threads() {
  constexpr int kOwnThreads = 1;  // 0: none, 2: OpenMP's
  const auto kind = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_parallel"));
  if (kind == nullptr || kind() != kOwnThreads) return {};
  return {reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_num_threads")),
          reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))};
}

const BlasThreads& blas_threads() {
  static const BlasThreads threads = find_blas_threads();
  return threads;
}

std::mutex serial_mutex;
int num_serial = 0;
int threads_before = 0;

}  // namespace

SerialBlas::SerialBlas() {
  if (blas_threads().get == nullptr) return;
  const std::lock_guard<std::mutex> lock(serial_mutex);
  if (num_serial++ > 0) return;
  threads_before = blas_threads().get();
  blas_threads().set(1);
}

SerialBlas::~SerialBlas() {
  if (blas_threads().get == nullptr) return;
  const std::lock_guard<std::mutex> lock(serial_mutex);
  if (--num_serial == 0) blas_threads().set(threads_before);
}

int64_t rows_per_stretch(int64_t rows, int64_t width, int64_t blocks) {
  constexpr int64_t kValues = 3 << 20;
  const int64_t fewest = row_blocks::kOfBlock * blocks;
  const int64_t that_fit = kValues / std::max<int64_t>(1, width);
  const int64_t most = std::max<int64_t>(1, that_fit / fewest) * fewest;  // whole blocks
  const int64_t stretches = std::max<int64_t>(1, (rows + most - 1) / most);
  return std::max<int64_t>(1, (rows + stretches - 1) / stretches);
}

ColumnSums::ColumnSums(int64_t width, torch::TensorOptions options)
    : partial_(torch::zeros({at::get_num_threads(), width}, options)),
      total_(torch::zeros({width}, options)) {}

void ColumnSums::end_stretch() {
  total_.add_(partial_.sum(0));
  partial_.zero_();
}

}  // namespace vidqa::fusion
