#pragma once

#include <cstdint>
#include <string>

namespace vidqa::features {

/// One of `count` equal parts of a list of clips: those whose place in it is index - 1, index - 1 +
/// count, ...
struct Shard {
  int64_t index = 1;  ///< from 1
  int64_t count = 1;

  bool holds(int64_t place) const { return place % count == index - 1; }
  std::string to_string() const;  ///< "2/8"
};

/// "2/8"; or "slurm": the place of this job in its array by SLURM_ARRAY_TASK_ID, _MIN and _COUNT.
/// Throws c10::Error saying what is accepted.
Shard parse_shard(const std::string& text);

}  // namespace vidqa::features
