#pragma once

#include <cstdint>
#include <vector>

namespace vidqa::data {

/// Which of `num_rows` rows a model with `max_rows` time steps reads: all of them, or where there
/// are more, row int(i * (num_rows / max_rows)) for step i.
///
/// The quotient is taken in double precision and truncated, as the published TGIF-QA loaders do;
/// exact integer arithmetic takes other rows for some lengths (85 rows, 35 steps, i = 21: row 51
/// instead of 50).
std::vector<int64_t> sample_rows(int64_t num_rows, int64_t max_rows);

}  // namespace vidqa::data
