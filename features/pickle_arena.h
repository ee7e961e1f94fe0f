#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "features/pickle.h"

namespace vidqa::features::pickle {

using MutableValue = std::shared_ptr<Value>;

/// Keeps every container of a read. What is not released is taken apart node by node at the end,
/// because shared pointers alone would leak cycles and overflow the stack on long chains, both of
/// which a hostile file can hold.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  MutableValue add(Value value);

  /// Lets the tree below `root` live on. False, and nothing lives on, when it has more than
  /// `max_depth` levels; a value that holds itself has.
  bool release(const Value& root, int max_depth);

 private:
  /// Levels of the tree at `value`, 0 when there are more than `levels_left`.
  int height(const Value& value, int levels_left);

  std::vector<MutableValue> nodes_;
  std::unordered_map<const Value*, int> heights_;  ///< of released values
};

}  // namespace vidqa::features::pickle
