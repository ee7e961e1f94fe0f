#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "fusion/dropout.h"
#include "fusion/fusion.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::fusion {
namespace {

using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAreArray;
using torch::Tensor;
using vidqa::testing::GoldenFile;
using vidqa::testing::relative_error;

struct GoldenCase {
  std::string file;
  std::string group;  ///< "/blp"
};

std::vector<GoldenCase> golden_cases() {
  std::vector<GoldenCase> cases;
  for (const auto& path : vidqa::testing::golden_files("fusion")) {
    for (const std::string& name : GoldenFile(path.string()).names("/"))
      cases.push_back({path.string(), "/" + name});
  }
  return cases;
}

void PrintTo(const GoldenCase& item, std::ostream* out) { *out << item.file << ":" << item.group; }

std::string case_name(const ::testing::TestParamInfo<GoldenCase>& info) {
  const std::string stem = std::filesystem::path(info.param.file).stem().string();
  return vidqa::testing::test_name(stem + info.param.group);
}

std::string option_value(const nlohmann::json& value) {
  if (value.is_null()) return "none";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string text;  // 60x60 of [60, 60, 9]: the reference counts the output among its dimensions
  for (size_t i = 0; i + 1 < value.size(); ++i) text += (i > 0 ? "x" : "") + value[i].dump();
  return text;
}

std::vector<std::string> names_of(const std::map<std::string, Tensor>& tensors) {
  std::vector<std::string> result;
  for (const auto& item : tensors) result.push_back(item.first);
  return result;
}

/// The module that the configuration of a case describes.
FusionPtr build(const nlohmann::json& config) {
  FusionSpec spec;
  spec.name = config.at("class");
  for (const std::string& key : find_fusion(spec.name).keys) {
    if (config.contains(key)) spec.options[key] = option_value(config[key]);
  }
  const auto& inputs = config.at("input_dims");
  return make_fusion(spec.str(), {inputs[0], inputs[1], config.at("output_dim")});
}

/// Copies the published parameters or buffers by name; every name must exist on both sides.
void load(torch::OrderedDict<std::string, Tensor> ours,
          const std::map<std::string, Tensor>& theirs) {
  torch::NoGradGuard no_grad;
  EXPECT_THAT(ours.keys(), UnorderedElementsAreArray(names_of(theirs)));
  for (auto& item : ours) {
    ASSERT_EQ(item.value().sizes(), theirs.at(item.key()).sizes()) << item.key();
    item.value().copy_(theirs.at(item.key()));
  }
}

/// The recorded keep masks, in order of use; none in evaluation mode.
std::vector<Tensor> keep_masks(const GoldenFile& golden, const std::string& group) {
  std::vector<Tensor> masks(golden.names(group + "/mask").size());
  for (size_t i = 0; i < masks.size(); ++i)
    masks[i] = golden.tensor(group + "/mask/" + std::to_string(i));
  return masks;
}

struct Result {
  Tensor out;
  std::map<std::string, Tensor> gradients;  ///< by path in the file: dx0, dx1, dparam/<name>
};

/// Every value moved by at most the rounding of single precision, at random.
void round_at_random(const Tensor& values) {
  torch::NoGradGuard no_grad;
  values.mul_(1 + std::exp2(-24) * (2 * torch::rand_like(values) - 1));
}

class FusionGolden : public ::testing::TestWithParam<GoldenCase> {
 protected:
  Tensor tensor(const std::string& path) const { return golden_.tensor(group_ + "/" + path); }

  /// Forward and backward in `dtype`; with `perturb`, of a problem that differs from the recorded
  /// one by rounding.
  Result run(torch::Dtype dtype, bool perturb = false) const {
    const nlohmann::json config = golden_.json_attribute(group_, "config");
    const FusionPtr fusion = build(config);
    load(fusion->named_parameters(), golden_.tensors(group_ + "/param"));
    load(fusion->named_buffers(), golden_.tensors(group_ + "/buffer"));
    fusion->to(dtype);
    fusion->train(config.at("train"));
    const Tensor x = tensor("x0").to(dtype).requires_grad_();
    const Tensor y = tensor("x1").to(dtype).requires_grad_();
    if (perturb) {
      round_at_random(x);
      round_at_random(y);
      for (const Tensor& parameter : fusion->parameters()) round_at_random(parameter);
    }
    const ReplayedDropout dropout(keep_masks(golden_, group_));
    Result result;
    result.out = fusion->forward(x, y);
    EXPECT_EQ(dropout.num_left(), 0);
    result.out.backward(tensor("g").to(dtype));
    result.gradients = {{"dx0", x.grad()}, {"dx1", y.grad()}};
    for (const auto& item : fusion->named_parameters())
      result.gradients["dparam/" + item.key()] = item.value().grad();
    return result;
  }

 private:
  GoldenFile golden_{GetParam().file};
  std::string group_ = GetParam().group;
};

TEST_P(FusionGolden, AgreesWithTheReferenceInDoublePrecision) {
  const Result ours = run(torch::kFloat64);
  EXPECT_LE(relative_error(ours.out, tensor("out")), 1e-10);
  for (const auto& [what, gradient] : ours.gradients)
    EXPECT_LE(relative_error(gradient, tensor(what)), 1e-10) << what;
}

// Where a pooled value is nearly 0, the derivative of its square root multiplies the rounding of
// everything before it, and which kernel of the BLAS library sums decides how much of it is left.
// Such a gradient may be off by a few times what rounding the inputs and parameters alone does to
// it in double precision; every other one by 1e-5.
TEST_P(FusionGolden, AgreesWithTheReferenceInSinglePrecision) {
  constexpr double kTolerance = 1e-5;
  constexpr double kRoundings = 4;
  constexpr int kDraws = 8;
  const Result ours = run(torch::kFloat32);
  EXPECT_LE(relative_error(ours.out, tensor("out"), 1), kTolerance);

  torch::manual_seed(1);
  std::map<std::string, double> allowed;
  for (int draw = 0; draw < kDraws; ++draw) {
    for (const auto& [what, gradient] : run(torch::kFloat64, true).gradients) {
      const double moved = relative_error(gradient, tensor(what), 1);
      allowed[what] = std::max({allowed[what], kTolerance, kRoundings * moved});
    }
  }
  for (const auto& [what, gradient] : ours.gradients)
    EXPECT_LE(relative_error(gradient, tensor(what), 1), allowed[what]) << what;
}

INSTANTIATE_TEST_SUITE_P(Reference, FusionGolden, ::testing::ValuesIn(golden_cases()), case_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FusionGolden);

/// The others have no reference to compare with, and a slow version in a test of their own instead.
TEST(FusionGoldenFiles, CoverTheTenPublishedOperators) {
  VIDQA_REQUIRE_SHARED("golden/fusion");
  std::set<std::string> covered;
  for (const GoldenCase& item : golden_cases()) {
    const nlohmann::json config = GoldenFile(item.file).json_attribute(item.group, "config");
    covered.insert(find_fusion(config.at("class")).name);
  }
  EXPECT_THAT(covered, IsSupersetOf({"linear_sum", "concat_mlp", "mcb", "mlb", "mfb", "mfh",
                                     "mutan", "tucker", "block", "block_tucker"}));
}

}  // namespace
}  // namespace vidqa::fusion
