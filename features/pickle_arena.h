#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "features/pickle.h"

namespace vidqa::features::pickle {

using MutableValue = std::shared_ptr<Value>;

/// Calls `visit` for every direct child.
template <typename Visit>
void for_each_child(const Value& value, const Visit& visit) {
  const auto all = [&](const std::vector<ValuePtr>& items) {
    for (const ValuePtr& item : items) visit(*item);
  };
  const auto pairs = [&](const std::vector<std::pair<ValuePtr, ValuePtr>>& items) {
    for (const auto& [key, item] : items) visit(*key), visit(*item);
  };
  if (const auto* list = std::get_if<List>(&value.data)) all(list->items);
  if (const auto* tuple = std::get_if<Tuple>(&value.data)) all(tuple->items);
  if (const auto* dict = std::get_if<Dict>(&value.data)) pairs(dict->items);
  if (const auto* id = std::get_if<PersistentId>(&value.data)) visit(*id->id);
  if (const auto* object = std::get_if<Object>(&value.data)) {
    all(object->arguments);
    pairs(object->items);
    if (object->state != nullptr) visit(*object->state);
  }
}

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
