#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include <torch/types.h>

namespace vidqa::data {

/// Keeps the tensors that were used last, as many as fit into a number of bytes.
class ClipCache {
 public:
  explicit ClipCache(int64_t max_bytes) : max_bytes_(max_bytes) {}

  /// Makes the tensor the last to go.
  std::optional<torch::Tensor> find(const std::string& key);
  /// Puts in a tensor that find() did not find, and lets go of others for it. One that is larger
  /// than the whole budget is not kept.
  void insert(const std::string& key, const torch::Tensor& tensor);

  int64_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string key;
    torch::Tensor tensor;
  };
  int64_t max_bytes_;
  int64_t bytes_ = 0;
  std::list<Entry> entries_;  ///< the last used first
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;
};

}  // namespace vidqa::data
