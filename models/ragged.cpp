#include "models/ragged.h"

#include <algorithm>
#include <utility>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "models/sequence.h"

namespace vidqa::models {
namespace {

std::vector<int64_t> to_vector(const torch::Tensor& lengths) {
  const torch::Tensor on_cpu = lengths.to(torch::kCPU, torch::kInt64).contiguous();
  const auto* first = on_cpu.data_ptr<int64_t>();
  return {first, first + on_cpu.numel()};
}

}  // namespace

RowLayout::RowLayout(std::vector<int64_t> lengths) : lengths_(std::move(lengths)) {
  offsets_.reserve(lengths_.size() + 1);
  for (const int64_t length : lengths_) {
    TORCH_CHECK(length >= 1, "sequence ", offsets_.size() - 1, " of the batch has length ", length,
                ", want at least 1");
    offsets_.push_back(offsets_.back() + length);
  }
}

RowLayout::RowLayout(const torch::Tensor& lengths) : RowLayout(to_vector(lengths)) {}

int64_t RowLayout::longest() const {
  return lengths_.empty() ? 0 : *std::max_element(lengths_.begin(), lengths_.end());
}

torch::Tensor RowLayout::places(int64_t num_steps) const {
  torch::Tensor places = torch::empty({rows()}, torch::kInt64);
  auto* place = places.data_ptr<int64_t>();
  for (int64_t n = 0; n < sequences(); ++n) {
    for (int64_t t = 0; t < length(n); ++t) *place++ = n * num_steps + t;
  }
  return places;
}

torch::Tensor RowLayout::unpad(const torch::Tensor& padded) const {
  TORCH_CHECK(padded.size(0) == sequences() && padded.size(1) >= longest(),
              "RowLayout::unpad: want (", sequences(), ", >= ", longest(), ", ...), got ",
              padded.sizes());
  const torch::Tensor flat = padded.flatten(0, 1);
  if (flat.size(0) == rows()) return flat;
  return flat.index_select(0, places(padded.size(1)).to(padded.device()));
}

torch::Tensor RowLayout::pad(const torch::Tensor& rows, int64_t num_steps) const {
  TORCH_CHECK(rows.size(0) == this->rows() && num_steps >= longest(), "RowLayout::pad: want (",
              this->rows(), ", ...) and at least ", longest(), " steps, got ", rows.sizes(),
              " and ", num_steps);
  std::vector<int64_t> sizes = rows.sizes().vec();
  sizes[0] = sequences() * num_steps;
  if (sizes[0] == rows.size(0)) return rows.unflatten(0, {sequences(), num_steps});
  const torch::Tensor flat =
      torch::zeros(sizes, rows.options()).index_copy(0, places(num_steps).to(rows.device()), rows);
  return flat.unflatten(0, {sequences(), num_steps});
}

torch::Tensor RowLayout::first(const torch::Tensor& rows) const {
  const torch::Tensor starts =
      torch::tensor(std::vector<int64_t>(offsets_.begin(), offsets_.end() - 1), torch::kInt64);
  return rows.index_select(0, starts.to(rows.device()));
}

torch::Tensor RowLayout::last(const torch::Tensor& rows) const {
  const torch::Tensor ends =
      torch::tensor(std::vector<int64_t>(offsets_.begin() + 1, offsets_.end()), torch::kInt64) - 1;
  return rows.index_select(0, ends.to(rows.device()));
}

torch::Tensor RowLayout::before(const torch::Tensor& rows, const torch::Tensor& start,
                                bool reverse) const {
  torch::Tensor result = torch::empty(rows.sizes(), rows.options());
  at::parallel_for(0, sequences(), 1, [&](int64_t begin, int64_t end) {
    const torch::NoGradGuard no_grad;
    for (int64_t n = begin; n < end; ++n) {
      const torch::Tensor from = of(rows, n);
      torch::Tensor to = of(result, n);
      torch::Tensor first = to[reverse ? length(n) - 1 : 0];
      start.defined() ? first.copy_(start[n]) : first.zero_();
      to.narrow(0, reverse ? 0 : 1, length(n) - 1)
          .copy_(from.narrow(0, reverse ? 1 : 0, length(n) - 1));
    }
  });
  return result;
}

torch::Tensor RowLayout::valid(torch::Device device) const {
  return valid_steps(torch::tensor(lengths_, torch::kInt64), longest()).to(device);
}

RowLayout RowLayout::repeated(int64_t times) const {
  std::vector<int64_t> lengths;
  lengths.reserve(lengths_.size() * static_cast<size_t>(times));
  for (const int64_t length : lengths_)
    lengths.insert(lengths.end(), static_cast<size_t>(times), length);
  return RowLayout(std::move(lengths));
}

torch::Tensor RowLayout::repeat(const torch::Tensor& rows, int64_t times) const {
  std::vector<torch::Tensor> parts;
  for (const torch::Tensor& part : rows.split_with_sizes(lengths_)) {
    for (int64_t i = 0; i < times; ++i) parts.push_back(part);
  }
  return torch::cat(parts);
}

RowLayout joined(const std::vector<RowLayout>& parts) {
  std::vector<int64_t> lengths;
  for (const RowLayout& part : parts)
    lengths.insert(lengths.end(), part.lengths().begin(), part.lengths().end());
  return RowLayout(std::move(lengths));
}

}  // namespace vidqa::models
