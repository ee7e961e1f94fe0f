#include "benchmarks/statistics/wilcoxon.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <c10/util/Exception.h>

namespace vidqa::benchmarks {
namespace {

/// Twice the ranks of |differences|, from 2; whole numbers, since equal ones share a mean rank.
std::vector<size_t> doubled_ranks(const std::vector<double>& differences) {
  std::vector<size_t> order(differences.size());
  std::iota(order.begin(), order.end(), 0);
  const auto size = [&](size_t i) { return std::abs(differences[i]); };
  std::sort(order.begin(), order.end(), [&](size_t i, size_t j) { return size(i) < size(j); });
  std::vector<size_t> ranks(differences.size());
  for (size_t first = 0; first < order.size();) {
    size_t end = first + 1;
    while (end < order.size() && size(order[end]) == size(order[first])) ++end;
    for (size_t i = first; i < end; ++i) ranks[order[i]] = first + 1 + end;
    first = end;
  }
  return ranks;
}

/// Probability of every sum when each rank counts with probability 1/2.
std::vector<double> distribution_of_sums(const std::vector<size_t>& ranks) {
  const size_t total = std::accumulate(ranks.begin(), ranks.end(), size_t{0});
  std::vector<double> probability(total + 1, 0.0);
  probability[0] = 1;
  size_t reached = 0;
  for (const size_t rank : ranks) {
    for (size_t sum = reached + 1; sum-- > 0;) {
      probability[sum] /= 2;
      probability[sum + rank] += probability[sum];
    }
    reached += rank;
  }
  return probability;
}

}  // namespace

SignedRank wilcoxon_signed_rank(const std::vector<double>& a, const std::vector<double>& b) {
  TORCH_CHECK(a.size() == b.size(), "Wilcoxon: must have pairs, got ", a.size(), " and ", b.size());
  std::vector<double> differences;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) differences.push_back(a[i] - b[i]);
  }
  SignedRank result;
  result.num_nonzero = static_cast<int64_t>(differences.size());
  if (differences.empty()) return result;

  const std::vector<size_t> ranks = doubled_ranks(differences);
  size_t positive = 0;
  for (size_t i = 0; i < ranks.size(); ++i) positive += differences[i] > 0 ? ranks[i] : 0;
  result.statistic = static_cast<double>(positive) / 2;

  const std::vector<double> probability = distribution_of_sums(ranks);
  const auto place = probability.begin() + static_cast<std::ptrdiff_t>(positive);
  const double at_most = std::accumulate(probability.begin(), place + 1, 0.0);
  const double at_least = std::accumulate(place, probability.end(), 0.0);
  result.p = std::min(1.0, 2 * std::min(at_most, at_least));
  return result;
}

}  // namespace vidqa::benchmarks
