#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include <torch/types.h>

#include "features/bounded_queue.h"

namespace vidqa::features {

/// Threads that run a network, each on a batch of its own. On the CPU that is faster than one batch
/// on all processors: nothing waits at the end of every layer, and a decoder that needs a processor
/// for a while holds up one batch, not all.
class NetworkThreads {
 public:
  using Forward = std::function<torch::Tensor(const torch::Tensor& inputs)>;

  /// How many batches at a time suit `threads` processors: each gets as many as the others.
  static int64_t batches_at_a_time(int64_t threads);

  /// `count` threads, with an equal share of the calling thread's processors each. `forward` is
  /// called by all of them at once.
  NetworkThreads(Forward forward, int64_t count);
  /// Waits for batches in work.
  ~NetworkThreads();

  /// Rows of a batch, or what `forward` threw. Waits while as many batches as threads wait.
  std::future<torch::Tensor> run(std::vector<torch::Tensor> inputs);

  int64_t count() const { return static_cast<int64_t>(threads_.size()); }
  /// Time of an average thread in `forward`.
  double busy_seconds() const;

 private:
  void work(int64_t processors);
  torch::Tensor forward(const std::vector<torch::Tensor>& inputs);

  Forward forward_;
  BoundedQueue<std::packaged_task<torch::Tensor()>> queue_;
  mutable std::mutex mutex_;  ///< of what follows
  double busy_seconds_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace vidqa::features
