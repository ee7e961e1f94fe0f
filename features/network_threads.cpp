#include "features/network_threads.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include <ATen/Parallel.h>
#include <omp.h>
#include <torch/torch.h>

namespace vidqa::features {

int64_t NetworkThreads::batches_at_a_time(int64_t threads) {
  constexpr int64_t kMost = 4;  // each holds its activations: 150 MB for 16 images in ResNet-101
  int64_t count = std::clamp<int64_t>(threads, 1, kMost);
  while (threads % count != 0) --count;
  return count;
}

NetworkThreads::NetworkThreads(Forward forward, int64_t count)
    : forward_(std::move(forward)), queue_(static_cast<size_t>(count)) {
  const int64_t processors = std::max<int64_t>(1, at::get_num_threads() / count);
  for (int64_t i = 0; i < count; ++i)
    threads_.emplace_back([this, processors] { work(processors); });
}

NetworkThreads::~NetworkThreads() {
  queue_.close();
  for (std::thread& thread : threads_) thread.join();
}

std::future<torch::Tensor> NetworkThreads::run(std::vector<torch::Tensor> inputs) {
  std::packaged_task<torch::Tensor()> task(
      [this, inputs = std::move(inputs)] { return forward(inputs); });
  std::future<torch::Tensor> rows = task.get_future();
  queue_.push(std::move(task));
  return rows;
}

void NetworkThreads::work(int64_t processors) {
  at::internal::lazy_init_num_threads();  // else Torch sets the number later
  omp_set_num_threads(static_cast<int>(processors));
  while (std::optional<std::packaged_task<torch::Tensor()>> task = queue_.pop()) (*task)();
}

torch::Tensor NetworkThreads::forward(const std::vector<torch::Tensor>& inputs) {
  const torch::NoGradGuard no_grad;
  const auto start = std::chrono::steady_clock::now();
  torch::Tensor rows = forward_(torch::stack(inputs));
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  const std::lock_guard<std::mutex> lock(mutex_);
  busy_seconds_ += passed.count();
  return rows;
}

double NetworkThreads::busy_seconds() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return busy_seconds_ / static_cast<double>(threads_.size());
}

}  // namespace vidqa::features
