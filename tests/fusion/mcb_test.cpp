#include "fusion/mcb.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::fusion {
namespace {

using torch::Tensor;
using vidqa::testing::relative_error;

/// z_k = sum of s0_i s1_j x_i y_j over all i, j with (h0_i + h1_j) mod m = k, one pair at a time.
Tensor sketch_of_outer_product(const Tensor& x, const Tensor& y,
                               torch::OrderedDict<std::string, Tensor> buffers, int64_t m) {
  Tensor z = torch::zeros({m}, torch::kFloat64);
  for (int64_t i = 0; i < x.size(0); ++i) {
    for (int64_t j = 0; j < y.size(0); ++j) {
      const Tensor place = (buffers["mcb.sketch1.h"][i] + buffers["mcb.sketch2.h"][j]) % m;
      const Tensor sign = buffers["mcb.sketch1.s"][i] * buffers["mcb.sketch2.s"][j];
      z[place.item<int64_t>()] += sign * x[i] * y[j];
    }
  }
  return z;
}

TEST(MCB, IsTheCountSketchOfTheOuterProduct) {
  torch::manual_seed(7);
  for (const int64_t m : {1, 2, 16, 23, 45, 60}) {
    MCB mcb(MCBOptions({9, 7, m}).mm_dim(m).activ_output("none").seed(m));
    mcb->to(torch::kFloat64);
    mcb->eval();
    torch::NoGradGuard no_grad;
    mcb->named_parameters()["linear_out.weight"].copy_(torch::eye(m));
    mcb->named_parameters()["linear_out.bias"].zero_();
    const Tensor x = torch::randn({9}, torch::kFloat64);
    const Tensor y = torch::randn({7}, torch::kFloat64);
    const Tensor expected = sketch_of_outer_product(x, y, mcb->named_buffers(), m);
    EXPECT_LE(relative_error(mcb->forward(x, y), expected), 1e-13) << "mm_dim " << m;
  }
}

TEST(MCB, DrawsItsSketchesFromTheSeedAlone) {
  torch::manual_seed(1);
  MCB first(MCBOptions({300, 200, 4}).mm_dim(1500).seed(3));
  torch::manual_seed(2);
  MCB second(MCBOptions({300, 200, 4}).mm_dim(1500).seed(3));
  MCB other(MCBOptions({300, 200, 4}).mm_dim(1500).seed(4));
  const auto other_buffers = other->named_buffers();
  const auto second_buffers = second->named_buffers();
  for (const auto& buffer : first->named_buffers()) {
    EXPECT_TRUE(torch::equal(buffer.value(), second_buffers[buffer.key()])) << buffer.key();
    EXPECT_FALSE(torch::equal(buffer.value(), other_buffers[buffer.key()])) << buffer.key();
  }
}

TEST(MCB, DrawsPlacesFromTheWholeRangeAndBothSigns) {
  MCB mcb(MCBOptions({4000, 4000, 2}).mm_dim(10));
  for (const char* sketch : {"mcb.sketch1", "mcb.sketch2"}) {
    const auto buffers = mcb->named_buffers();
    const Tensor counts = torch::bincount(buffers[std::string(sketch) + ".h"], {}, 10);
    EXPECT_EQ(counts.numel(), 10);
    EXPECT_GT(counts.min().item<int64_t>(), 320);  // 400 expected, standard deviation 19
    EXPECT_LT(counts.max().item<int64_t>(), 480);
    const Tensor signs = buffers[std::string(sketch) + ".s"];
    EXPECT_TRUE(torch::equal(signs.abs(), torch::ones({4000})));
    EXPECT_LT(std::abs(signs.sum().item<double>()), 260);  // standard deviation 63
  }
}

TEST(MCB, KeepsItsPlacesIntegersWhenTheTypeChanges) {
  MCB mcb(MCBOptions({30, 20, 4}).mm_dim(50));
  const Tensor before = mcb->named_buffers()["mcb.sketch1.h"].clone();
  mcb->to(torch::kFloat64);
  mcb->to(torch::kCPU, torch::kFloat32);
  mcb->to(torch::kFloat64);
  EXPECT_TRUE(torch::equal(mcb->named_buffers()["mcb.sketch1.h"], before));
  EXPECT_EQ(mcb->named_buffers()["mcb.sketch1.s"].scalar_type(), torch::kFloat64);
}

}  // namespace
}  // namespace vidqa::fusion
