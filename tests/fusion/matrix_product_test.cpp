#include "fusion/matrix_product.h"

#include <cmath>
#include <tuple>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace vidqa::fusion {
namespace {

using torch::Tensor;

struct Shape {
  int64_t m;
  int64_t k;
  int64_t n;
};

/// How the values of a matrix lie in memory.
enum class Lie { kContiguous, kTransposed, kColumnsOfWider, kEverySecondColumn };

Tensor lay(const Tensor& matrix, Lie lie) {
  const int64_t rows = matrix.size(0);
  const int64_t columns = matrix.size(1);
  switch (lie) {
    case Lie::kContiguous:
      return matrix.contiguous();
    case Lie::kTransposed:
      return matrix.t().contiguous().t();
    case Lie::kColumnsOfWider: {
      Tensor wider = torch::full({rows, columns + 7}, 1e9, matrix.options());
      wider.narrow(1, 3, columns).copy_(matrix);
      return wider.narrow(1, 3, columns);
    }
    case Lie::kEverySecondColumn: {
      Tensor wider = torch::full({rows, 2 * columns}, 1e9, matrix.options());
      wider.slice(1, 0, 2 * columns, 2).copy_(matrix);
      return wider.slice(1, 0, 2 * columns, 2);
    }
  }
  return {};
}

class Multiply : public ::testing::TestWithParam<std::tuple<Shape, Lie, Lie>> {};

TEST_P(Multiply, EqualsTheProductInDoublePrecision) {
  const auto [shape, lie_a, lie_b] = GetParam();
  torch::manual_seed(5);
  const Tensor a = torch::randn({shape.m, shape.k}, torch::kDouble);
  const Tensor b = torch::randn({shape.k, shape.n}, torch::kDouble);
  const Tensor before = torch::randn({shape.m, shape.n}, torch::kDouble);
  const Tensor expected = a.matmul(b);
  for (const auto dtype : {torch::kDouble, torch::kFloat}) {
    const double tolerance = dtype == torch::kDouble ? 1e-12 : 1e-4;
    for (const Into into : {Into::kOverwrite, Into::kAdd}) {
      Tensor wide = torch::full({shape.m, shape.n + 4}, 3.0, dtype);
      Tensor out = wide.narrow(1, 2, shape.n);
      out.copy_(before);
      multiply(lay(a.to(dtype), lie_a), lay(b.to(dtype), lie_b), into, out);
      EXPECT_TRUE(torch::allclose(out.to(torch::kDouble),
                                  into == Into::kAdd ? before + expected : expected, tolerance,
                                  tolerance));
      EXPECT_EQ((wide == 3.0).sum().item<int64_t>(), 4 * shape.m) << "columns beside it changed";
    }
  }
}

/// Values of no meaning, NaN among them, are not read where a product overwrites.
TEST(Multiply, OverwritesNaN) {
  for (const int64_t n : {16, 300}) {
    Tensor out = torch::full({200, n}, std::nan(""));
    multiply(torch::ones({200, n}), torch::ones({n, n}), Into::kOverwrite, out);
    EXPECT_TRUE(torch::allclose(out, torch::full_like(out, n)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Multiply,
    ::testing::Combine(::testing::Values(Shape{400, 75, 1125}, Shape{37, 1125, 75},
                                         Shape{225, 40, 75}, Shape{9, 300, 260}, Shape{1, 1, 1},
                                         Shape{0, 5, 3}, Shape{4, 0, 3}),
                       ::testing::Values(Lie::kContiguous, Lie::kTransposed, Lie::kColumnsOfWider,
                                         Lie::kEverySecondColumn),
                       ::testing::Values(Lie::kContiguous, Lie::kTransposed, Lie::kColumnsOfWider,
                                         Lie::kEverySecondColumn)));

}  // namespace
}  // namespace vidqa::fusion
