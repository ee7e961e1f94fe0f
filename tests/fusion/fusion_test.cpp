#include "fusion/fusion.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::fusion {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using torch::Tensor;
using vidqa::testing::relative_error;

constexpr FusionDims kDims{8, 6, 4};
constexpr double kTolerance = 1e-12;

/// Every property that the design asks of a fusion, for every row of the table.
class EveryFusion : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { torch::manual_seed(20); }

  /// A small one in double precision and evaluation mode, with the options of the table's keys that
  /// set its size.
  FusionPtr make(std::map<std::string, std::string> options = {}, FusionDims dims = kDims) const {
    const std::map<std::string, std::string> small = {
        {"mm_dim", "12"}, {"chunks", "4"}, {"rank", "3"}, {"heads", "3"}};
    FusionSpec spec{GetParam(), std::move(options)};
    for (const std::string& key : find_fusion(GetParam()).keys) {
      if (small.count(key) > 0) spec.options.insert(*small.find(key));
    }
    FusionPtr fusion = make_fusion(spec.str(), dims);
    fusion->to(torch::kFloat64);
    fusion->eval();
    return fusion;
  }

  static Tensor random(std::vector<int64_t> shape) { return torch::randn(shape, torch::kFloat64); }
};

TEST_P(EveryFusion, GivesEveryParameterAGradient) {
  const FusionPtr fusion = make();
  fusion->train();
  fusion->forward(random({8, kDims.x}), random({8, kDims.y})).square().sum().backward();
  for (const auto& item : fusion->named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_GT(item.value().grad().abs().max().item<double>(), 0) << item.key();
  }
}

TEST_P(EveryFusion, HasTheDirectionalDerivativesOfFiniteDifferences) {
  constexpr double kStep = 1e-6;
  const FusionPtr fusion = make();
  const Tensor x = random({3, kDims.x}).requires_grad_();
  const Tensor y = random({3, kDims.y}).requires_grad_();
  const Tensor weights = random({3, kDims.out});
  const auto loss = [&] { return (fusion->forward(x, y) * weights).sum(); };
  loss().backward();

  std::map<std::string, Tensor> leaves = {{"x", x}, {"y", y}};
  for (const auto& item : fusion->named_parameters()) leaves[item.key()] = item.value();
  torch::NoGradGuard no_grad;
  for (auto& [name, leaf] : leaves) {
    const Tensor direction = torch::randn_like(leaf);
    const Tensor before = leaf.clone();
    leaf.copy_(before + kStep * direction);
    const double above = loss().item<double>();
    leaf.copy_(before - kStep * direction);
    const double below = loss().item<double>();
    leaf.copy_(before);
    const double expected = (above - below) / (2 * kStep);
    const double ours = (leaf.grad() * direction).sum().item<double>();
    EXPECT_NEAR(ours, expected, 1e-6 * std::max(1.0, std::abs(expected))) << name;
  }
}

/// The masks of the backward pass are those of the forward pass: with the same seed before each
/// forward pass, a training step is a function that can be differentiated.
TEST_P(EveryFusion, HasThoseDerivativesInTrainingToo) {
  constexpr double kStep = 1e-6;
  const FusionPtr fusion = make({{"dropout", "0.3"}});
  fusion->train();
  const Tensor x = random({6, kDims.x}).requires_grad_();
  const Tensor y = random({6, kDims.y}).requires_grad_();
  const Tensor weights = random({6, kDims.out});
  const auto loss = [&] {
    torch::manual_seed(5);
    return (fusion->forward(x, y) * weights).sum();
  };
  loss().backward();
  std::map<std::string, Tensor> leaves = {{"x", x}, {"y", y}};
  for (const auto& item : fusion->named_parameters()) leaves[item.key()] = item.value();
  torch::NoGradGuard no_grad;
  for (auto& [name, leaf] : leaves) {
    torch::manual_seed(6);
    const Tensor direction = torch::randn_like(leaf);
    const Tensor before = leaf.clone();
    leaf.copy_(before + kStep * direction);
    const double above = loss().item<double>();
    leaf.copy_(before - kStep * direction);
    const double below = loss().item<double>();
    leaf.copy_(before);
    const double expected = (above - below) / (2 * kStep);
    const double ours = (leaf.grad() * direction).sum().item<double>();
    EXPECT_NEAR(ours, expected, 1e-5 * std::max(1.0, std::abs(expected))) << name;
  }
}

/// forward() against the composition of Torch's operators: values and all gradients.
void expect_equal_to_composition(const FusionPtr& fusion, FusionDims dims, int64_t rows) {
  const Tensor x = torch::randn({rows, dims.x}, torch::kFloat64).requires_grad_();
  const Tensor y = torch::randn({rows, dims.y}, torch::kFloat64).requires_grad_();
  const Tensor weights = torch::randn({rows, dims.out}, torch::kFloat64);
  std::map<std::string, Tensor> leaves = {{"x", x}, {"y", y}};
  for (const auto& item : fusion->named_parameters()) leaves[item.key()] = item.value();

  const Tensor ours = fusion->forward(x, y);
  ours.backward(weights);
  std::map<std::string, Tensor> gradients;
  for (auto& [name, leaf] : leaves) {
    gradients[name] = leaf.grad().clone();
    leaf.mutable_grad() = Tensor();
  }
  const Tensor composed = fusion->compose(x, y);
  composed.backward(weights);
  EXPECT_LE(relative_error(ours, composed), 1e-11);
  for (const auto& [name, leaf] : leaves)
    EXPECT_LE(relative_error(gradients[name], leaf.grad()), 1e-9) << name;

  const torch::NoGradGuard no_grad;  // where nothing is kept for a backward pass
  EXPECT_LE(relative_error(fusion->forward(x, y), composed), 1e-11);
}

/// Calls `body` with so many threads each time.
template <typename Body>
void for_threads(const std::vector<int>& numbers, Body body) {
  const int before = at::get_num_threads();
  for (const int threads : numbers) {
    SCOPED_TRACE(std::to_string(threads) + " threads");
    at::set_num_threads(threads);
    body();
  }
  at::set_num_threads(before);
}

/// Row counts that make one block or several, shared by threads or one each.
TEST_P(EveryFusion, EqualsItsComposition) {
  for_threads({1, 3}, [&] {
    for (const int64_t rows : {1, 50, 1000}) {
      SCOPED_TRACE(std::to_string(rows) + " rows");
      expect_equal_to_composition(make(), kDims, rows);
    }
  });
}

/// Sizes at which fused operators work in parts.
struct InParts {
  std::string spec;
  int64_t out;
};

void PrintTo(const InParts& sizes, std::ostream* stream) {
  *stream << sizes.spec << ", " << sizes.out << " out";
}

class FusionInParts : public ::testing::TestWithParam<InParts> {};

TEST_P(FusionInParts, EqualsItsComposition) {
  torch::manual_seed(21);
  const FusionDims dims{kDims.x, kDims.y, GetParam().out};
  const FusionPtr fusion = make_fusion(GetParam().spec, dims);
  fusion->to(torch::kFloat64);
  fusion->eval();
  for_threads({1, 2, 3}, [&] {
    for (const int64_t rows : {7, 450}) {
      for (Tensor& parameter : fusion->parameters()) parameter.mutable_grad() = Tensor();
      SCOPED_TRACE(std::to_string(rows) + " rows");
      expect_equal_to_composition(fusion, dims, rows);
    }
  });
}

/// Cores of a chunk in several slabs of ranks or slices, of which some are kept; two chunks are one
/// for each of two threads.
INSTANTIATE_TEST_SUITE_P(Slabs, FusionInParts,
                         ::testing::Values(InParts{"mutan:mm_dim=520,rank=7", 4},
                                           InParts{"tucker:mm_dim=60", 4},
                                           InParts{"block:mm_dim=700,chunks=2,rank=7", 4},
                                           InParts{"block:mm_dim=1200,chunks=3,rank=3", 4},
                                           InParts{"block_tucker:mm_dim=120,chunks=2", 4}));

/// So wide an output that a stretch of the backward pass is less than all rows.
INSTANTIATE_TEST_SUITE_P(Stretches, FusionInParts,
                         ::testing::Values(InParts{"concat_mlp:dimensions=12x12", 9000},
                                           InParts{"mcb:mm_dim=12", 9000},
                                           InParts{"mfh:mm_dim=12", 9000},
                                           InParts{"mutan:mm_dim=12,rank=3", 9000},
                                           InParts{"tucker:mm_dim=12", 9000},
                                           InParts{"block:mm_dim=12,chunks=4,rank=3", 9000},
                                           InParts{"block_tucker:mm_dim=12,chunks=4", 9000}));

TEST_P(EveryFusion, GivesTheSameGradientsWhenBackwardRunsTwice) {
  const FusionPtr fusion = make({{"dropout", "0.3"}});
  fusion->train();
  const Tensor x = random({9, kDims.x}).requires_grad_();
  const Tensor loss = fusion->forward(x, random({9, kDims.y})).square().sum();
  loss.backward({}, /*retain_graph=*/true);
  const Tensor first = x.grad().clone();
  loss.backward();
  EXPECT_LE(relative_error(x.grad(), 2 * first), kTolerance);
}

TEST_P(EveryFusion, GivesGradientsOnlyToWhatNeedsThem) {
  const FusionPtr fusion = make();
  const Tensor x = random({3, kDims.x});
  const Tensor y = random({3, kDims.y}).requires_grad_();
  fusion->forward(x, y).sum().backward();
  const Tensor expected = y.grad().clone();
  for (Tensor& parameter : fusion->parameters()) parameter.requires_grad_(false);
  y.mutable_grad() = Tensor();
  fusion->forward(x, y).sum().backward();
  EXPECT_LE(relative_error(y.grad(), expected), kTolerance);
  EXPECT_FALSE(x.grad().defined());
}

TEST_P(EveryFusion, TreatsEveryRowByItself) {
  if (find_fusion(GetParam()).granularity == Granularity::kSequence)
    GTEST_SKIP() << GetParam() << " is per sequence";
  const FusionPtr fusion = make();
  const Tensor x = random({6, kDims.x});
  const Tensor y = random({6, kDims.y});
  const Tensor all = fusion->forward(x, y);
  for (int64_t row = 0; row < x.size(0); ++row) {
    const Tensor one = fusion->forward(x.narrow(0, row, 1), y.narrow(0, row, 1));
    EXPECT_LE(relative_error(one[0], all[row]), kTolerance);
  }
}

TEST_P(EveryFusion, AcceptsAnyNumberOfLeadingDimensions) {
  const FusionPtr fusion = make();
  if (fusion->granularity() == Granularity::kSequence) {
    const Tensor x = random({2, 3, 5, kDims.x});
    const Tensor y = random({2, 3, 7, kDims.y});
    const Tensor all = fusion->forward(x, y);
    EXPECT_LE(relative_error(fusion->forward(x[1][2], y[1][2]), all[1][2]), kTolerance);
    return;
  }
  const Tensor x = random({2, 3, 4, kDims.x});
  const Tensor y = random({2, 3, 4, kDims.y});
  const Tensor all = fusion->forward(x, y);
  const Tensor flat = fusion->forward(x.flatten(0, 2), y.flatten(0, 2));
  EXPECT_LE(relative_error(all, flat.view({2, 3, 4, kDims.out})), kTolerance);
  const Tensor vector = fusion->forward(x[1][2][3], y[1][2][3]);
  EXPECT_LE(relative_error(vector, all[1][2][3]), kTolerance);
}

TEST_P(EveryFusion, AcceptsNonContiguousInputs) {
  const FusionPtr fusion = make();
  const Tensor x = random({kDims.x, 4, 3}).permute({2, 1, 0});
  const Tensor y = random({4, 2 * kDims.y, 3}).permute({2, 0, 1}).slice(-1, 0, 2 * kDims.y, 2);
  ASSERT_FALSE(x.is_contiguous() || y.is_contiguous());
  const Tensor expected = fusion->forward(x.contiguous(), y.contiguous());
  EXPECT_LE(relative_error(fusion->forward(x, y), expected), kTolerance);
}

TEST_P(EveryFusion, AcceptsAnEmptyBatch) {
  const FusionPtr fusion = make();
  const Tensor x = random({0, 4, kDims.x}).requires_grad_();
  const Tensor out = fusion->forward(x, random({0, 4, kDims.y}));
  EXPECT_EQ(out.sizes(), torch::IntArrayRef({0, 4, kDims.out}));
  out.sum().backward();
  EXPECT_EQ(x.grad().sizes(), x.sizes());
  for (const auto& item : fusion->named_parameters())
    EXPECT_EQ(item.value().grad().abs().sum().item<double>(), 0) << item.key();
}

TEST_P(EveryFusion, GivesIdenticalOutputAfterSavingAndLoading) {
  const FusionPtr saved = make();
  std::stringstream stream;
  torch::save(saved, stream);
  const FusionPtr loaded = make();
  torch::load(loaded, stream);
  const Tensor x = random({4, kDims.x});
  const Tensor y = random({4, kDims.y});
  EXPECT_TRUE(torch::equal(saved->forward(x, y), loaded->forward(x, y)));
}

TEST_P(EveryFusion, DropsOutInTrainingOnly) {
  const FusionPtr fusion = make();
  const Tensor x = random({4, kDims.x});
  const Tensor y = random({4, kDims.y});
  EXPECT_TRUE(torch::equal(fusion->forward(x, y), fusion->forward(x, y)));
  fusion->train();
  EXPECT_FALSE(torch::equal(fusion->forward(x, y), fusion->forward(x, y)));
}

TEST_P(EveryFusion, IsDeterministicInTrainingWithoutDropout) {
  const FusionPtr fusion = make({{"dropout", "0"}});
  fusion->train();
  const Tensor x = random({4, kDims.x});
  const Tensor y = random({4, kDims.y});
  const Tensor trained = fusion->forward(x, y);
  fusion->eval();
  EXPECT_TRUE(torch::equal(trained, fusion->forward(x, y)));
}

TEST_P(EveryFusion, StaysFiniteForZeroRowsAndLargeInputs) {
  const FusionPtr fusion = make();
  fusion->to(torch::kFloat32);
  const Tensor scale = torch::tensor({0.0, 1e-40, 1e-4, 1.0, 1e4}).unsqueeze(-1);
  const Tensor x = (torch::randn({5, kDims.x}) * scale).requires_grad_();
  const Tensor y = (torch::randn({5, kDims.y}) * scale).requires_grad_();
  const auto expect_finite = [&](const Tensor& out) {
    out.sum().backward();
    EXPECT_TRUE(torch::isfinite(out).all().item<bool>());
    EXPECT_TRUE(torch::isfinite(x.grad()).all().item<bool>());
    EXPECT_TRUE(torch::isfinite(y.grad()).all().item<bool>());
    for (const auto& item : fusion->named_parameters())
      EXPECT_TRUE(torch::isfinite(item.value().grad()).all().item<bool>()) << item.key();
  };
  expect_finite(fusion->forward(x, y));
  const FusionPtr dropping = make({{"dropout", "0.99"}});
  dropping->to(torch::kFloat32);
  dropping->train();
  for (int draw = 0; draw < 20; ++draw) expect_finite(dropping->forward(x, y));
}

/// The pooled vector alone decides about the root's derivative; without biases it is of the size of
/// the inputs' product.
TEST_P(EveryFusion, StaysFiniteForDenormalsAndLargeInputsWithoutBiases) {
  const FusionPtr fusion = make();
  fusion->to(torch::kFloat32);
  {
    torch::NoGradGuard no_grad;
    for (auto& item : fusion->named_parameters()) {
      if (item.value().dim() == 1) item.value().zero_();
    }
  }
  for (const double size : {1e-44, 1e-40, 1e-20, 1e4}) {
    const Tensor x = (torch::randn({5, kDims.x}) * size).requires_grad_();
    const Tensor y = torch::randn({5, kDims.y}).requires_grad_();
    const Tensor out = fusion->forward(x, y);
    out.sum().backward();
    EXPECT_TRUE(torch::isfinite(out).all().item<bool>()) << size;
    EXPECT_TRUE(torch::isfinite(x.grad()).all().item<bool>()) << size;
    EXPECT_TRUE(torch::isfinite(y.grad()).all().item<bool>()) << size;
  }
}

/// Where Torch has the operators: it has no Fourier transform of bfloat16, nor products of half on
/// the CPU.
TEST_P(EveryFusion, ComputesInBfloat16WhereTorchDoes) {
  const FusionPtr fusion = make({{"dropout", "0"}});
  const Tensor x = torch::randn({6, kDims.x});
  const Tensor y = torch::randn({6, kDims.y});
  fusion->to(torch::kFloat32);
  const Tensor expected = fusion->forward(x, y);
  fusion->to(torch::kBFloat16);
  const auto forward = [&] {
    return fusion->forward(x.to(torch::kBFloat16), y.to(torch::kBFloat16));
  };
  if (GetParam() == "mcb") {
    EXPECT_THROW(forward(), c10::Error);
    return;
  }
  const Tensor out = forward();
  EXPECT_EQ(out.scalar_type(), torch::kBFloat16);
  EXPECT_LE(relative_error(out, expected), 0.1);
}

TEST_P(EveryFusion, StaysFiniteWhenThePooledVectorIsExactlyZero) {
  const FusionPtr fusion = make();
  {
    torch::NoGradGuard no_grad;
    for (Tensor& parameter : fusion->parameters()) parameter.zero_();
  }
  const Tensor x = random({2, kDims.x}).requires_grad_();
  const Tensor out = fusion->forward(x, random({2, kDims.y}));
  out.sum().backward();
  EXPECT_EQ(out.abs().sum().item<double>(), 0);
  EXPECT_EQ(x.grad().abs().sum().item<double>(), 0);
}

TEST_P(EveryFusion, OverfitsEightExamples) {
  const FusionPtr fusion = make({{"dropout", "0"}});
  const Tensor x = random({8, kDims.x});
  const Tensor y = random({8, kDims.y});
  const Tensor labels = torch::arange(8) % kDims.out;
  torch::nn::Linear head(kDims.out, kDims.out);  // the output of some is bounded
  head->to(torch::kFloat64);
  std::vector<Tensor> parameters = fusion->parameters();
  for (const Tensor& parameter : head->parameters()) parameters.push_back(parameter);
  torch::optim::Adam optimizer(parameters, torch::optim::AdamOptions(0.02));
  fusion->train();
  Tensor loss;
  for (int step = 0; step < 300; ++step) {
    optimizer.zero_grad();
    loss = torch::nn::functional::cross_entropy(head(fusion->forward(x, y)), labels);
    loss.backward();
    optimizer.step();
  }
  EXPECT_LT(loss.item<double>(), 0.1);
  EXPECT_TRUE(torch::equal(head(fusion->forward(x, y)).argmax(-1), labels));
}

TEST_P(EveryFusion, RefusesInputsOfAnotherWidth) {
  const FusionPtr fusion = make();
  EXPECT_THAT(
      [&] {
        fusion->forward(random({2, kDims.x + 1}), random({2, kDims.y}));
      },
      ThrowsMessage<c10::Error>(AllOf(HasSubstr(GetParam() + ": the last dimension of x must be 8"),
                                      HasSubstr("got shape [2, 9]"))));
  EXPECT_THAT(
      [&] {
        fusion->forward(random({2, kDims.x}), random({}));
      },
      ThrowsMessage<c10::Error>(AllOf(HasSubstr(GetParam() + ": the last dimension of y must be 6"),
                                      HasSubstr("got shape []"))));
}

TEST_P(EveryFusion, RefusesInputsWithOtherLeadingDimensions) {
  const FusionPtr fusion = make();
  EXPECT_THAT(
      [&] {
        fusion->forward(random({2, 3, kDims.x}), random({1, 3, kDims.y}));
      },
      ThrowsMessage<c10::Error>(
          AllOf(HasSubstr(GetParam() + ": x and y must have the same leading dimensions"),
                HasSubstr("got shapes [2, 3, 8] and [1, 3, 6]"))));
}

TEST_P(EveryFusion, RefusesDropoutOutsideZeroToOne) {
  for (const char* value : {"-0.1", "1", "nan"})
    EXPECT_THAT(
        [&] {
          make({{"dropout", value}});
        },
        ThrowsMessage<c10::Error>(AllOf(HasSubstr(GetParam() + ": dropout"),
                                        HasSubstr("must be at least 0 and below 1"))));
}

TEST_P(EveryFusion, RefusesSizesThatAreNotPositive) {
  for (const std::string& key : find_fusion(GetParam()).keys) {
    if (key != "mm_dim" && key != "factor" && key != "rank" && key != "chunks" &&
        key != "components" && key != "heads")
      continue;
    for (const char* value : {"0", "-3"})
      EXPECT_THAT(
          [&] {
            make({{key, value}});
          },
          ThrowsMessage<c10::Error>(
              HasSubstr(GetParam() + ": " + key + " must be a positive integer, got " + value)));
  }
}

TEST_P(EveryFusion, RefusesWidthsThatAreNotPositive) {
  EXPECT_THAT(
      [&] {
        make({}, {7, 0, 6});
      },
      ThrowsMessage<c10::Error>(
          AllOf(HasSubstr(GetParam() + ": the widths"), HasSubstr("got 7, 0 and 6"))));
}

TEST_P(EveryFusion, RefusesASizeThatNoMachineCanHold) {
  const std::vector<std::string>& keys = find_fusion(GetParam()).keys;
  for (const char* key : {"mm_dim", "rank"}) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) continue;
    EXPECT_THAT(
        [&] {
          make({{key, "999999999996"}});
        },
        ThrowsMessage<c10::Error>(
            AllOf(HasSubstr(GetParam() + ": this size has "), HasSubstr(" parameters, "),
                  HasSubstr(std::string("the largest ") + key + " that fits is "))));
    return;
  }
  EXPECT_THAT(
      [&] {
        make({}, {8, 6, 1000000000000});
      },
      ThrowsMessage<c10::Error>(HasSubstr(GetParam() + ": this size has ")));
}

TEST_P(EveryFusion, HasThePaperThatHelpNames) {
  const FusionEntry& entry = find_fusion(GetParam());
  EXPECT_FALSE(entry.summary.empty());
  EXPECT_THAT(entry.paper, HasSubstr("arXiv "));
}

INSTANTIATE_TEST_SUITE_P(
    Table, EveryFusion,
    [] {
      std::vector<std::string> names;
      for (const FusionEntry& entry : fusion_table()) names.push_back(entry.name);
      return ::testing::ValuesIn(names);
    }(),
    [](const auto& info) { return info.param; });

}  // namespace
}  // namespace vidqa::fusion
