#include "pipeline/data/clip_cache.h"

namespace vidqa::data {
namespace {

int64_t bytes_of(const torch::Tensor& tensor) { return static_cast<int64_t>(tensor.nbytes()); }

}  // namespace

std::optional<torch::Tensor> ClipCache::find(const std::string& key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->tensor;
}

void ClipCache::insert(const std::string& key, const torch::Tensor& tensor) {
  if (bytes_of(tensor) > max_bytes_) return;
  entries_.push_front({key, tensor});
  index_[key] = entries_.begin();
  bytes_ += bytes_of(tensor);
  while (bytes_ > max_bytes_) {
    bytes_ -= bytes_of(entries_.back().tensor);
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

}  // namespace vidqa::data
