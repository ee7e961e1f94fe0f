#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/types.h>

namespace vidqa::features {

/// Rows of one clip in the making. Those of a long video go to a nameless file in `folder`, so that
/// memory does not grow with them; the system removes it with the process.
class RowSpool {
 public:
  static constexpr int64_t kMemoryBytes = int64_t{64} << 20;

  explicit RowSpool(std::string folder, int64_t memory_bytes = kMemoryBytes);
  ~RowSpool();
  RowSpool(const RowSpool&) = delete;
  RowSpool& operator=(const RowSpool&) = delete;

  /// (n, D) on the CPU; D and the dtype are those of the first call. Throws std::runtime_error
  /// (disk full), c10::Error (another shape).
  void append(const torch::Tensor& rows);
  int64_t rows() const { return rows_; }
  /// (rows(), D). Lives as long as the spool. Nothing can be appended afterwards.
  torch::Tensor all();

 private:
  void write_to_file(const torch::Tensor& rows);

  std::string folder_;
  int64_t memory_bytes_;
  std::vector<torch::Tensor> in_memory_;
  int64_t bytes_ = 0;
  int64_t rows_ = 0;
  int64_t columns_ = 0;
  torch::ScalarType type_ = torch::kFloat32;
  int fd_ = -1;
  void* mapped_ = nullptr;
};

}  // namespace vidqa::features
