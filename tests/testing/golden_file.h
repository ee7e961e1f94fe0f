#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <torch/types.h>

namespace vidqa::testing {

/// A golden HDF5 file. Paths are absolute ("/params/embed.weight"); a missing one throws
/// std::runtime_error naming it.
class GoldenFile {
 public:
  explicit GoldenFile(const std::string& path);
  ~GoldenFile();

  bool contains(const std::string& path) const;
  /// Names directly below a group, sorted.
  std::vector<std::string> names(const std::string& group) const;
  /// Integers as int64, float32 as float32, float64 as float64, uint8 as uint8; shape as stored (a
  /// scalar is 0-dimensional).
  torch::Tensor tensor(const std::string& path) const;
  /// Every data set directly below a group.
  std::map<std::string, torch::Tensor> tensors(const std::string& group) const;
  /// String attribute of a group or data set.
  std::string attribute(const std::string& object, const std::string& name) const;
  /// String attribute that holds JSON.
  nlohmann::json json_attribute(const std::string& object, const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// max |a - b| / max(floor, max |b|), in double; infinity when shapes differ or a value is not
/// finite.
double relative_error(const torch::Tensor& a, const torch::Tensor& b, double floor = 0);

/// What rounding in double precision may make of a result, relative.
inline constexpr double kDoubleRounding = 1e-12;

}  // namespace vidqa::testing
