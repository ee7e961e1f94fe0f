#include "pipeline/data/frame_sampling.h"

#include <algorithm>

#include <c10/util/Exception.h>

#include "pipeline/data/seeded_random.h"

namespace vidqa::data {
namespace {

/// Rows first, first + step, ..., `count` of them.
std::vector<int64_t> rows_from(int64_t first, int64_t step, int64_t count) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) rows[static_cast<size_t>(i)] = first + i * step;
  return rows;
}

void check_sizes(int64_t num_rows, int64_t max_rows) {
  TORCH_CHECK(num_rows >= 0 && max_rows >= 1,
              "frame sampling: needs rows >= 0 and steps >= 1, got ", num_rows, " and ", max_rows);
}

}  // namespace

std::vector<int64_t> sample_rows(int64_t num_rows, int64_t max_rows) {
  check_sizes(num_rows, max_rows);
  const int64_t steps = std::min(num_rows, max_rows);
  const double stride =
      static_cast<double>(num_rows) / static_cast<double>(std::max<int64_t>(steps, 1));
  std::vector<int64_t> rows(static_cast<size_t>(steps));
  for (int64_t i = 0; i < steps; ++i)
    rows[static_cast<size_t>(i)] = static_cast<int64_t>(static_cast<double>(i) * stride);
  return rows;
}

std::vector<int64_t> segment_rows(int64_t num_rows, int64_t max_rows,
                                  std::optional<uint64_t> draw) {
  check_sizes(num_rows, max_rows);
  if (num_rows >= 2 * max_rows) {
    const int64_t step = num_rows / max_rows;
    return rows_from(0, step, (num_rows + step - 1) / step);
  }
  if (num_rows <= max_rows) return rows_from(0, 1, num_rows);
  const int64_t spare = num_rows - max_rows;
  const auto start =
      draw ? static_cast<int64_t>(SeededRandom({*draw}).below(static_cast<uint64_t>(spare) + 1))
           : spare / 2;
  return rows_from(start, 1, max_rows);
}

std::vector<int64_t> select_rows(FrameSampling sampling, int64_t num_rows, int64_t max_rows,
                                 std::optional<uint64_t> draw) {
  switch (sampling) {
    case FrameSampling::kEven:
      return sample_rows(num_rows, max_rows);
    case FrameSampling::kFirst:
      check_sizes(num_rows, max_rows);
      return rows_from(0, 1, std::min(num_rows, max_rows));
    case FrameSampling::kSegment:
      return segment_rows(num_rows, max_rows, draw);
  }
  TORCH_CHECK(false, "frame sampling: unknown rule");
}

}  // namespace vidqa::data
