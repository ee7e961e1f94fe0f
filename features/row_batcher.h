#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <set>
#include <vector>

#include <torch/types.h>

#include "features/network_threads.h"

namespace vidqa::features {

/// Gathers inputs into batches, has them run, several at a time, and gives every row back to its
/// clip: in order, on the thread that adds inputs, while it does.
///
/// A clip's rows must not depend on the clips beside it. Networks are row-wise, but matrix products
/// may round in another order when the batch has another size. So the first batch of several clips
/// is a test: its last input goes through the network alone too, and where the two rows are not the
/// same bits, batches are made within clips from then on, as they were up to there.
class RowBatcher {
 public:
  /// The rows of the next inputs of a clip, in the order in which they were added.
  using Deliver = std::function<void(size_t clip, const torch::Tensor& rows)>;

  /// `network` must outlive this.
  RowBatcher(NetworkThreads& network, int64_t batch_size, Deliver deliver);

  void add(size_t clip, torch::Tensor input);
  /// The clip is whole. Its rows may still wait for a batch to fill.
  void end(size_t clip);
  /// The clip is given up: inputs that wait are dropped.
  void drop(size_t clip);
  /// Runs what waits and delivers all.
  void flush();

  bool mixes_clips() const { return mixes_clips_; }
  int64_t num_batches() const { return num_batches_; }

 private:
  struct Input {
    size_t clip;
    torch::Tensor tensor;
  };
  using Batch = std::vector<Input>;
  struct Running {
    Batch batch;
    std::future<torch::Tensor> rows;
  };

  std::future<torch::Tensor> forward(const Batch& batch);
  void run(Batch batch);
  void run_as_test(const Batch& batch);
  /// Until at most `most` batches are in work.
  void deliver_all_but(size_t most);
  void deliver(const Batch& batch, const torch::Tensor& rows);
  bool is_mixed(const Batch& batch) const;
  void separate(const Batch& batch);

  NetworkThreads& network_;
  size_t batch_size_;
  Deliver deliver_;
  Batch waiting_;                       ///< while clips are mixed
  std::map<size_t, Batch> waiting_of_;  ///< by clip, while they are not
  std::deque<Running> running_;
  bool mixes_clips_ = true;
  bool is_tested_ = false;
  std::set<size_t> ended_;  ///< before the test
  int64_t num_batches_ = 0;
};

}  // namespace vidqa::features
