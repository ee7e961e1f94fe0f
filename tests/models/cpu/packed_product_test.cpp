#include "models/cpu/packed_product.h"

#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/packed_matrix.h"
#include "tests/testing/golden_file.h"

namespace vidqa::models {
namespace {

using torch::Tensor;
using vidqa::testing::relative_error;

template <typename T>
void expect_product(torch::Dtype dtype, double tolerance) {
  torch::manual_seed(1);
  for (const int64_t rows : {1, 5, 6, 13}) {
    for (const int64_t columns : {1, 63, 64, 100, 130}) {
      const int64_t depth = 37;
      const Tensor matrix = torch::randn({depth, columns}, dtype);
      PackedMatrix packed(depth, columns, matrix.options());
      // In two pieces, one of them a transpose.
      packed.put(matrix.narrow(0, 0, 20), 0, 0);
      packed.put(matrix.narrow(0, 20, 17).t().contiguous().t(), 20, 0);

      const Tensor a = torch::randn({rows, depth}, dtype);
      const Tensor out = torch::randn({rows, cpu::in_panels(columns)}, dtype);
      const Tensor before = out.clone();
      std::vector<const T*> from;
      std::vector<T*> to;
      for (int64_t i = 0; i < rows; ++i) {
        from.push_back(a[i].data_ptr<T>());
        to.push_back(out[i].data_ptr<T>());
      }
      cpu::add_product(from.data(), packed.get<T>(), rows, to.data());
      EXPECT_LE(
          relative_error(out.narrow(1, 0, columns), before.narrow(1, 0, columns) + a.mm(matrix)),
          tolerance)
          << rows << " rows, " << columns << " columns";
      const int64_t rest = out.size(1) - columns;
      EXPECT_TRUE(torch::equal(out.narrow(1, columns, rest), before.narrow(1, columns, rest)));
    }
  }
}

TEST(PackedProduct, AddsTheProductAndLeavesTheRestOfAPanel) {
  expect_product<float>(torch::kFloat32, 1e-6);
  expect_product<double>(torch::kFloat64, 1e-14);
}

TEST(PackedMatrix, RefusesAPieceThatDoesNotFit) {
  PackedMatrix matrix(3, 4, torch::kFloat32);
  EXPECT_THROW(matrix.put(torch::zeros({2, 2}), 2, 0), c10::Error);
  EXPECT_THROW(matrix.put(torch::zeros({2, 2}), 0, 3), c10::Error);
}

}  // namespace
}  // namespace vidqa::models
