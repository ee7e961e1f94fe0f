#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pipeline/data/feature_options.h"

namespace vidqa::data {

/// Which of `num_rows` rows a model with `max_rows` time steps reads: all of them, or where there
/// are more, row int(i * (num_rows / max_rows)) for step i.
///
/// The quotient is taken in double precision and truncated, as the published TGIF-QA loaders do;
/// exact integer arithmetic takes other rows for some lengths (85 rows, 35 steps, i = 21: row 51
/// instead of 50).
std::vector<int64_t> sample_rows(int64_t num_rows, int64_t max_rows);

/// The rule of the published EgoVQA code, whose `max_rows` is 30: of 2 * max_rows rows or more,
/// every (num_rows / max_rows)-th from row 0 (so 30 to 39 of them); of more than max_rows, a window
/// of max_rows in a row; else all. Where the window lies: with a `draw`, anywhere, uniformly, as
/// that number decides (training); without one, in the middle (evaluation). The published window
/// was drawn in both cases, and never ended at the last row.
std::vector<int64_t> segment_rows(int64_t num_rows, int64_t max_rows,
                                  std::optional<uint64_t> draw = std::nullopt);

/// The rows that `sampling` selects.
std::vector<int64_t> select_rows(FrameSampling sampling, int64_t num_rows, int64_t max_rows,
                                 std::optional<uint64_t> draw = std::nullopt);

}  // namespace vidqa::data
