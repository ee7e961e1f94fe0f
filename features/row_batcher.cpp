#include "features/row_batcher.h"

#include <algorithm>
#include <utility>

#include <c10/util/Exception.h>
#include <torch/torch.h>

namespace vidqa::features {

RowBatcher::RowBatcher(NetworkThreads& network, int64_t batch_size, Deliver deliver)
    : network_(network),
      batch_size_(static_cast<size_t>(batch_size)),
      deliver_(std::move(deliver)) {
  TORCH_CHECK(batch_size >= 1, "a batch must hold at least 1 input, got ", batch_size);
}

std::future<torch::Tensor> RowBatcher::forward(const Batch& batch) {
  std::vector<torch::Tensor> inputs;
  for (const Input& input : batch) inputs.push_back(input.tensor);
  ++num_batches_;
  return network_.run(std::move(inputs));
}

void RowBatcher::deliver(const Batch& batch, const torch::Tensor& rows) {
  TORCH_CHECK(rows.dim() >= 2 && rows.size(0) == static_cast<int64_t>(batch.size()),
              "a network must give a row an input, got ", rows.sizes(), " for ", batch.size(),
              " inputs");
  for (size_t begin = 0; begin < batch.size();) {
    size_t end = begin + 1;
    while (end < batch.size() && batch[end].clip == batch[begin].clip) ++end;
    deliver_(batch[begin].clip,
             rows.slice(0, static_cast<int64_t>(begin), static_cast<int64_t>(end)));
    begin = end;
  }
}

bool RowBatcher::is_mixed(const Batch& batch) const {
  return std::any_of(batch.begin(), batch.end(),
                     [&](const Input& input) { return input.clip != batch.front().clip; });
}

void RowBatcher::deliver_all_but(size_t most) {
  while (running_.size() > most) {
    Running first = std::move(running_.front());
    running_.pop_front();
    deliver(first.batch, first.rows.get());
  }
}

void RowBatcher::run(Batch batch) {
  if (batch.empty()) return;
  if (mixes_clips_ && !is_tested_ && is_mixed(batch)) {
    run_as_test(batch);
    return;
  }
  std::future<torch::Tensor> rows = forward(batch);
  running_.push_back({std::move(batch), std::move(rows)});
  deliver_all_but(static_cast<size_t>(network_.count()));
}

void RowBatcher::run_as_test(const Batch& batch) {
  deliver_all_but(0);
  is_tested_ = true;
  std::future<torch::Tensor> together = forward(batch);
  const torch::Tensor alone = forward({batch.back()}).get();
  const torch::Tensor rows = together.get();
  mixes_clips_ = torch::equal(alone[0], rows[rows.size(0) - 1]);
  if (mixes_clips_) {
    deliver(batch, rows);
  } else {
    separate(batch);
  }
}

void RowBatcher::separate(const Batch& batch) {
  for (const Input& input : batch) waiting_of_[input.clip].push_back(input);
  for (const size_t clip : std::exchange(ended_, {})) end(clip);
}

void RowBatcher::add(size_t clip, torch::Tensor input) {
  Batch& waiting = mixes_clips_ ? waiting_ : waiting_of_[clip];
  waiting.push_back({clip, std::move(input)});
  if (waiting.size() < batch_size_) return;
  run(std::exchange(waiting, {}));
}

void RowBatcher::end(size_t clip) {
  if (!is_tested_) ended_.insert(clip);
  const auto found = waiting_of_.find(clip);
  if (found == waiting_of_.end()) return;
  Batch batch = std::move(found->second);
  waiting_of_.erase(found);
  run(std::move(batch));
}

void RowBatcher::drop(size_t clip) {
  waiting_of_.erase(clip);
  waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(),
                                [&](const Input& input) { return input.clip == clip; }),
                 waiting_.end());
}

void RowBatcher::flush() {
  run(std::exchange(waiting_, {}));
  while (!waiting_of_.empty()) end(waiting_of_.begin()->first);
  deliver_all_but(0);
}

}  // namespace vidqa::features
