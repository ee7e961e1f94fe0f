#pragma once

#include <cstdint>
#include <vector>

#include <ATen/Parallel.h>

#include "models/cpu/sequences.h"
#include "models/ragged.h"

namespace vidqa::models {

/// Sequences that one thread takes through all their steps, longest first. Sequences do not depend
/// on each other, so threads never wait for one another.
class SequenceShare {
 public:
  void add(const RowLayout& layout, int64_t n);
  cpu::Sequences sequences(bool reverse = false) const;
  int64_t size() const { return static_cast<int64_t>(lengths_.size()); }

 private:
  std::vector<int64_t> lengths_;
  std::vector<int64_t> offsets_;
  std::vector<int64_t> numbers_;
};

/// Deals the sequences out, longest first, so that each share has as much to do as the others.
std::vector<SequenceShare> share_out(const RowLayout& layout, size_t shares);

/// body(share) with a share for each thread.
template <typename Body>
void for_shares(const RowLayout& layout, Body body) {
  const auto shares = share_out(layout, static_cast<size_t>(at::get_num_threads()));
  at::parallel_for(0, static_cast<int64_t>(shares.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(shares[static_cast<size_t>(i)]);
  });
}

}  // namespace vidqa::models
