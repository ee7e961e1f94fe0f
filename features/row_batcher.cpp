#include "features/row_batcher.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <c10/util/Exception.h>
#include <torch/torch.h>

namespace vidqa::features {

RowBatcher::RowBatcher(Forward forward, int64_t batch_size, Deliver deliver)
    : forward_(std::move(forward)),
      batch_size_(static_cast<size_t>(batch_size)),
      deliver_(std::move(deliver)) {
  TORCH_CHECK(batch_size >= 1, "extract: batch_size must be at least 1, got ", batch_size);
}

torch::Tensor RowBatcher::forward(const std::vector<torch::Tensor>& inputs) {
  const torch::NoGradGuard no_grad;
  const auto start = std::chrono::steady_clock::now();
  const torch::Tensor rows = forward_(torch::stack(inputs));
  network_seconds_ +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ++num_batches_;
  TORCH_CHECK(rows.dim() >= 2 && rows.size(0) == static_cast<int64_t>(inputs.size()),
              "a network must give a row an input, got ", rows.sizes(), " for ", inputs.size(),
              " inputs");
  return rows;
}

void RowBatcher::deliver(const Batch& batch, const torch::Tensor& rows) {
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

void RowBatcher::run(const Batch& batch) {
  if (batch.empty()) return;
  std::vector<torch::Tensor> inputs;
  for (const Input& input : batch) inputs.push_back(input.tensor);
  const torch::Tensor rows = forward(inputs);
  if (mixes_clips_ && !is_tested_ && is_mixed(batch)) {
    is_tested_ = true;
    mixes_clips_ = torch::equal(forward({inputs.back()})[0], rows[rows.size(0) - 1]);
    if (!mixes_clips_) {
      separate(batch);
      return;
    }
  }
  deliver(batch, rows);
}

void RowBatcher::separate(const Batch& batch) {
  for (const Input& input : batch) waiting_of_[input.clip].push_back(input);
  for (const size_t clip : std::exchange(ended_, {})) end(clip);
}

void RowBatcher::add(size_t clip, torch::Tensor input) {
  Batch& waiting = mixes_clips_ ? waiting_ : waiting_of_[clip];
  waiting.push_back({clip, std::move(input)});
  if (waiting.size() < batch_size_) return;
  const Batch batch = std::exchange(waiting, {});
  run(batch);
}

void RowBatcher::end(size_t clip) {
  if (!is_tested_) ended_.insert(clip);
  const auto found = waiting_of_.find(clip);
  if (found == waiting_of_.end()) return;
  const Batch batch = std::move(found->second);
  waiting_of_.erase(found);
  run(batch);
}

void RowBatcher::drop(size_t clip) {
  waiting_of_.erase(clip);
  waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(),
                                [&](const Input& input) { return input.clip == clip; }),
                 waiting_.end());
}

void RowBatcher::flush() {
  const Batch batch = std::exchange(waiting_, {});
  run(batch);
  while (!waiting_of_.empty()) end(waiting_of_.begin()->first);
}

}  // namespace vidqa::features
