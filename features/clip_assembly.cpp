#include "features/clip_assembly.h"

#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "features/half.h"

namespace vidqa::features {

ClipAssembly::ClipAssembly(std::string path, const std::string& work_folder, FeatureType type)
    : path_(std::move(path)), type_(type), rows_(std::make_unique<RowSpool>(work_folder)) {}

void ClipAssembly::expect(double seconds, int64_t repeat) {
  repeats_.push_back(repeat);
  times_seconds_.insert(times_seconds_.end(), static_cast<size_t>(repeat), seconds);
}

torch::Tensor ClipAssembly::kept(const torch::Tensor& outputs) {
  if (!torch::isfinite(outputs).all().item<bool>()) {
    fault_ = fmt::format("'{}' gives features with NaN or Inf; check the weights", path_);
    return {};
  }
  if (type_ == FeatureType::kFloat32) return outputs.flatten(1);
  try {
    return to_half(outputs.flatten(1), "'" + path_ + "'");
  } catch (const c10::Error& error) {
    fault_ = error.what_without_backtrace();
    return {};
  }
}

int64_t ClipAssembly::add(const torch::Tensor& outputs) {
  TORCH_CHECK(outputs.size(0) <= static_cast<int64_t>(repeats_.size()), "'", path_,
              "' gets more rows than it asked for");
  std::vector<int64_t> repeats;
  for (int64_t i = 0; i < outputs.size(0); ++i) {
    repeats.push_back(repeats_.front());
    repeats_.pop_front();
  }
  if (outputs.dim() > 2 && row_shape_.empty())
    row_shape_ = fmt::format("{}", fmt::join(outputs.sizes().slice(1), ","));
  const torch::Tensor counts = torch::tensor(repeats, torch::kInt64);
  const auto rows = counts.sum().item<int64_t>();
  if (!fault_.empty()) return rows;
  torch::Tensor values = kept(outputs);
  if (!fault_.empty()) return rows;
  if (rows != outputs.size(0)) values = values.repeat_interleave(counts, 0);
  rows_->append(values);
  return rows;
}

}  // namespace vidqa::features
