#include "models/sequence_shares.h"

#include <algorithm>
#include <numeric>

namespace vidqa::models {

void SequenceShare::add(const RowLayout& layout, int64_t n) {
  lengths_.push_back(layout.length(n));
  offsets_.push_back(layout.offset(n));
  numbers_.push_back(n);
}

cpu::Sequences SequenceShare::sequences(bool reverse) const {
  return {lengths_.data(), offsets_.data(), numbers_.data(), size(), reverse};
}

std::vector<SequenceShare> share_out(const RowLayout& layout, size_t shares) {
  std::vector<int64_t> longest_first(static_cast<size_t>(layout.sequences()));
  std::iota(longest_first.begin(), longest_first.end(), 0);
  std::stable_sort(longest_first.begin(), longest_first.end(),
                   [&](int64_t a, int64_t b) { return layout.length(a) > layout.length(b); });
  std::vector<SequenceShare> result(shares);
  for (size_t i = 0; i < longest_first.size(); ++i)
    result[i % shares].add(layout, longest_first[i]);
  return result;
}

}  // namespace vidqa::models
