#include "fusion/row_blocks.h"

#include <mutex>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace vidqa::fusion {
namespace {

/// Threads for a while, then those of before.
class Threads {
 public:
  explicit Threads(int threads) : before_(at::get_num_threads()) { at::set_num_threads(threads); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

class RowBlocks : public ::testing::TestWithParam<std::tuple<int, int64_t>> {
 protected:
  int threads() const { return std::get<0>(GetParam()); }
  int64_t rows() const { return std::get<1>(GetParam()); }
};

TEST_P(RowBlocks, VisitEveryRowOnce) {
  const Threads threads_set(threads());
  std::vector<int> visits(static_cast<size_t>(rows()));
  std::mutex mutex;
  for_blocks(rows(), [&](int64_t begin, int64_t end) {
    const std::lock_guard lock(mutex);
    EXPECT_LT(begin, end);
    EXPECT_LE(end - begin, row_blocks::kOfBlock);
    for (int64_t row = begin; row < end; ++row) ++visits.at(static_cast<size_t>(row));
  });
  EXPECT_EQ(visits, std::vector<int>(visits.size(), 1));
}

/// Scratch memory goes by the thread's number.
TEST_P(RowBlocks, OfAThreadAmongSeveralStayOnItUnderItsNumber) {
  const Threads threads_set(threads());
  at::parallel_for(0, threads(), 1, [&](int64_t, int64_t) {
    const int number = at::get_thread_num();
    int64_t visited = 0;
    for_blocks(rows(), [&](int64_t begin, int64_t end) {
      EXPECT_EQ(at::get_thread_num(), number);
      EXPECT_LE(end - begin, row_blocks::kOfBlock);
      visited += end - begin;
    });
    EXPECT_EQ(visited, rows());
  });
}

TEST_P(RowBlocks, AreWithinStretchesThatCoverAllRows) {
  constexpr int64_t kWidth = 3000;
  const int64_t most = rows_per_stretch(rows(), kWidth);
  int64_t next = 0;
  for_stretches(rows(), most, [&](int64_t first, int64_t count) {
    EXPECT_EQ(first, next);
    EXPECT_LE(count, most);
    next = first + count;
  });
  EXPECT_EQ(next, rows());
}

TEST_P(RowBlocks, SumColumnsAsOneSumDoes) {
  const Threads threads_set(threads());
  const torch::Tensor values = torch::randn({rows(), 5}, torch::kDouble);
  ColumnSums sums(5, values.options());
  for_stretches(rows(), rows_per_stretch(rows(), 100000), [&](int64_t first, int64_t count) {
    for_blocks(count, [&](int64_t begin, int64_t end) {
      auto* sum = sums.of_thread<double>();
      for (int64_t row = first + begin; row < first + end; ++row)
        for (int64_t c = 0; c < 5; ++c) sum[c] += values[row][c].item<double>();
    });
    sums.end_stretch();
  });
  EXPECT_TRUE(torch::allclose(sums.total(), values.sum(0)));
}

INSTANTIATE_TEST_SUITE_P(Sizes, RowBlocks,
                         ::testing::Combine(::testing::Values(1, 2, 3),
                                            ::testing::Values(0, 1, 63, 400, 401, 2405)));

}  // namespace
}  // namespace vidqa::fusion
