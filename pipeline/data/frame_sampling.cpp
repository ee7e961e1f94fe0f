#include "pipeline/data/frame_sampling.h"

#include <algorithm>

#include <c10/util/Exception.h>

namespace vidqa::data {

std::vector<int64_t> sample_rows(int64_t num_rows, int64_t max_rows) {
  TORCH_CHECK(num_rows >= 0 && max_rows >= 1, "sample_rows: needs rows >= 0 and steps >= 1, got ",
              num_rows, " and ", max_rows);
  const int64_t steps = std::min(num_rows, max_rows);
  const double stride =
      static_cast<double>(num_rows) / static_cast<double>(std::max<int64_t>(steps, 1));
  std::vector<int64_t> rows(static_cast<size_t>(steps));
  for (int64_t i = 0; i < steps; ++i)
    rows[static_cast<size_t>(i)] = static_cast<int64_t>(static_cast<double>(i) * stride);
  return rows;
}

}  // namespace vidqa::data
