#include "models/bidirectional_lstm.h"

#include <limits>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/gate_sum.h"
#include "models/ragged_attention.h"
#include "tests/testing/golden_file.h"

namespace vidqa::models {
namespace {

using torch::Tensor;
using vidqa::testing::kDoubleRounding;
using vidqa::testing::relative_error;

/// torch.nn.LSTM on padded sequences, with the parameters of `lstm`.
Tensor padded_lstm(const BidirectionalLstm& lstm, const Tensor& x, const RowLayout& layout) {
  std::vector<Tensor> rows;
  for (int64_t n = 0; n < layout.sequences(); ++n) {
    const Tensor start = torch::zeros({2, 1, lstm->hidden_size()}, x.options());
    rows.push_back(std::get<0>(torch::lstm(layout.of(x, n).unsqueeze(1), {start, start},
                                           {lstm->weight_ih_l0, lstm->weight_hh_l0,
                                            lstm->bias_ih_l0, lstm->bias_hh_l0,
                                            lstm->weight_ih_l0_reverse, lstm->weight_hh_l0_reverse,
                                            lstm->bias_ih_l0_reverse, lstm->bias_hh_l0_reverse},
                                           true, 1, 0.0, false, true, false))
                       .squeeze(1));
  }
  return torch::cat(rows);
}

Tensor maximum(const Tensor& rows, const RowLayout& layout) {
  std::vector<Tensor> maxima;
  for (int64_t n = 0; n < layout.sequences(); ++n)
    maxima.push_back(std::get<0>(layout.of(rows, n).max(0)));
  return torch::stack(maxima);
}

/// Gradients of sum(result * weights) in x and all parameters.
std::vector<Tensor> gradients(BidirectionalLstm& lstm, Tensor& x, const Tensor& result,
                              const Tensor& weights) {
  lstm->zero_grad();
  x.mutable_grad() = Tensor();
  (result * weights).sum().backward();
  std::vector<Tensor> all = {x.grad().clone()};
  for (const Tensor& parameter : lstm->parameters()) all.push_back(parameter.grad().clone());
  return all;
}

/// Lengths of the sequences, hidden width, threads.
class BidirectionalLstmOracle
    : public ::testing::TestWithParam<std::tuple<std::vector<int64_t>, int64_t, int>> {
 protected:
  void SetUp() override {
    threads_before_ = at::get_num_threads();
    at::set_num_threads(std::get<2>(GetParam()));
  }
  void TearDown() override { at::set_num_threads(threads_before_); }

  template <typename Ours, typename Oracle>
  void expect_equal(torch::Dtype dtype, double tolerance, Ours ours, Oracle oracle) {
    torch::manual_seed(3);
    const RowLayout layout(std::get<0>(GetParam()));
    BidirectionalLstm lstm(5, std::get<1>(GetParam()));
    lstm->to(dtype);
    Tensor x = torch::randn({layout.rows(), 5}, dtype).requires_grad_();
    const Tensor result = ours(lstm, x, layout);
    const Tensor want = oracle(padded_lstm(lstm, x, layout), layout);
    EXPECT_LE(relative_error(result, want), tolerance);
    const Tensor weights = torch::randn_like(want);
    const auto expected = gradients(lstm, x, want, weights);
    const auto actual = gradients(lstm, x, ours(lstm, x, layout), weights);
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_LE(relative_error(actual[i], expected[i], 1e-3), 10 * tolerance) << "gradient " << i;
  }

  void expect_equal(torch::Dtype dtype, double tolerance) {
    expect_equal(
        dtype, tolerance,
        [](auto& lstm, const Tensor& x, const RowLayout& layout) {
          return lstm->forward(x, layout);
        },
        [](const Tensor& rows, const RowLayout&) { return rows; });
    expect_equal(
        dtype, tolerance,
        [](auto& lstm, const Tensor& x, const RowLayout& layout) {
          return lstm->forward_max(x, layout);
        },
        maximum);
  }

 private:
  int threads_before_ = 1;
};

TEST_P(BidirectionalLstmOracle, AgreesWithTorchInDoublePrecision) {
  expect_equal(torch::kFloat64, kDoubleRounding);
}

TEST_P(BidirectionalLstmOracle, AgreesWithTorchInSinglePrecision) {
  expect_equal(torch::kFloat32, 2e-6);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, BidirectionalLstmOracle,
    ::testing::Combine(::testing::Values(std::vector<int64_t>{1}, std::vector<int64_t>{1, 1, 1},
                                         std::vector<int64_t>{4, 9, 2, 9, 1},
                                         // Every rest of the tiles of six rows, and several tiles.
                                         std::vector<int64_t>{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9,
                                                              7, 9}),
                       ::testing::Values(1, 4, 16, 21, 70), ::testing::Values(1, 2, 5)));

TEST(BidirectionalLstm, PacksSequencesWhereItHasNoKernel) {
  torch::manual_seed(4);
  const RowLayout layout(std::vector<int64_t>{2, 5, 3});
  BidirectionalLstm lstm(5, 4);
  lstm->to(torch::kFloat64);
  const Tensor x = torch::randn({layout.rows(), 5}, torch::kFloat64);
  const Tensor want = padded_lstm(lstm, x, layout);
  EXPECT_LE(relative_error(lstm->forward_packed(x, layout), want), kDoubleRounding);
  EXPECT_LE(relative_error(lstm->forward_packed_max(x, layout), maximum(want, layout)),
            kDoubleRounding);
}

/// Two clips with three answers each.
class GateSums : public ::testing::Test {
 protected:
  static constexpr int64_t kFan = 3;
  static constexpr int64_t kWidth = 7;

  void SetUp() override { torch::manual_seed(5); }

  static Tensor random(torch::IntArrayRef sizes) {
    return torch::randn(sizes, torch::kFloat64).requires_grad_();
  }

  /// Row by row, as the header says.
  Tensor slow(const std::vector<Tensor>& in) const {
    std::vector<Tensor> rows;
    const MixLayout mixes = {clips_, kFan, texts_};
    const auto offsets = mixes.offsets();
    for (int64_t n = 0; n < texts_.sequences(); ++n) {
      const int64_t b = n / kFan;
      for (int64_t t = 0; t < clips_.length(b); ++t) {
        Tensor row = in[GateSum::kShared].dim() == 1 ? in[GateSum::kShared]
                                                     : in[GateSum::kShared][clips_.offset(b) + t];
        const int64_t own = clips_.offset(b) * kFan + (n % kFan) * clips_.length(b) + t;
        if (in[GateSum::kRows].defined())
          row = row + in[GateSum::kWeight].mv(in[GateSum::kRows][own]);
        if (in[GateSum::kMix].defined())
          row =
              row +
              texts_.of(in[GateSum::kWords], n).t().mv(mixes.of(in[GateSum::kMix], n, offsets)[t]);
        rows.push_back(row);
      }
    }
    return torch::stack(rows);
  }

  void expect_slow(const std::vector<Tensor>& in) const {
    const Tensor sum = GateSum::apply({clips_, kFan, texts_}, in);
    const Tensor want = slow(in);
    EXPECT_LE(relative_error(sum, want), kDoubleRounding);
    const Tensor weights = torch::randn_like(want);
    std::vector<Tensor> needed;
    for (const Tensor& input : in) {
      if (input.defined()) needed.push_back(input);
    }
    const auto got = torch::autograd::grad({(sum * weights).sum()}, needed);
    const auto expected = torch::autograd::grad({(want * weights).sum()}, needed);
    for (size_t i = 0; i < needed.size(); ++i)
      EXPECT_LE(relative_error(got[i], expected[i]), kDoubleRounding) << "input " << i;
  }

  RowLayout clips_{std::vector<int64_t>{4, 2}};
  RowLayout texts_{std::vector<int64_t>{3, 1, 2, 5, 2, 1}};
};

TEST_F(GateSums, EqualTheSumRowByRow) {
  const int64_t rows = clips_.rows() * kFan;
  const int64_t mixes = MixLayout{clips_, kFan, texts_}.offsets().back();
  const Tensor shared = random({clips_.rows(), kWidth});
  const Tensor own = random({rows, 4});
  const Tensor weight = random({kWidth, 4});
  const Tensor mix = random({mixes});
  const Tensor words = random({texts_.rows(), kWidth});
  expect_slow({shared, own, weight, mix, words});
  expect_slow({shared, own, weight, Tensor(), Tensor()});
  expect_slow({shared, Tensor(), Tensor(), mix, words});
  expect_slow({random({kWidth}), own, weight, mix, words});
}

}  // namespace
}  // namespace vidqa::models
