#include "features/pickle_arena.h"

#include <algorithm>

namespace vidqa::features::pickle {
Arena::~Arena() {
  for (const MutableValue& node : nodes_)
    if (heights_.count(node.get()) == 0) node->data = None{};
}

MutableValue Arena::add(Value value) {
  nodes_.push_back(std::make_shared<Value>(std::move(value)));
  return nodes_.back();
}

bool Arena::release(const Value& root, int max_depth) {
  const bool fits = height(root, max_depth) > 0;
  if (!fits) heights_.clear();
  return fits;
}

int Arena::height(const Value& value, int levels_left) {
  const auto known = heights_.find(&value);
  const int at_least = known != heights_.end() ? known->second : 1;
  if (at_least > levels_left) return 0;
  if (known != heights_.end()) return known->second;

  int highest_child = 0;
  bool fits = true;
  for_each_child(value, [&](const Value& child) {
    const int levels = fits ? height(child, levels_left - 1) : 0;
    fits = levels > 0;
    highest_child = std::max(highest_child, levels);
  });
  if (!fits) return 0;
  heights_[&value] = highest_child + 1;
  return highest_child + 1;
}

}  // namespace vidqa::features::pickle
