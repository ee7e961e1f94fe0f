#include "models/episodic_memory.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::models {
namespace {

using torch::Tensor;
using vidqa::testing::relative_error;

constexpr int64_t kFactWidth = 4;

/// The equations one example and one step at a time. A row vector is (1, D).
struct EpisodicEquations {
  std::map<std::string, Tensor> parameters;

  explicit EpisodicEquations(const torch::nn::Module& module) {
    for (const auto& item : module.named_parameters())
      parameters.emplace(item.key(), item.value().detach());
  }
  Tensor linear(const std::string& name, const std::vector<Tensor>& pieces) const {
    return torch::mm(torch::cat(pieces, 1), parameters.at(name + ".weight").t()) +
           parameters.at(name + ".bias");
  }
  /// facts (T, w), p, m (1, w) -> (1, w).
  Tensor next_memory(const Tensor& facts, const Tensor& p, const Tensor& m) const {
    std::vector<Tensor> scores;
    for (const Tensor& row : facts.unbind(0)) {
      const Tensor f = row.unsqueeze(0);
      const Tensor hidden = linear("z1", {f * p, f * m, (f - p).abs(), (f - m).abs()}).tanh();
      scores.push_back(linear("z2", {hidden})[0]);
    }
    const Tensor gates = torch::cat(scores).softmax(0);
    Tensor c = torch::zeros_like(p);
    for (int64_t t = 0; t < facts.size(0); ++t) {
      const Tensor f = facts[t].unsqueeze(0);
      const std::string cell = "AGRU.AGRUCell.";
      const Tensor r = (linear(cell + "Wr", {f}) + linear(cell + "Ur", {c})).sigmoid();
      const Tensor next = (linear(cell + "W", {f}) + r * linear(cell + "U", {c})).tanh();
      c = gates[t] * next + (1 - gates[t]) * c;
    }
    return linear("next_mem", {m, c, p}).relu();
  }
};

TEST(EpisodicMemory, FollowsItsEquationsUpToEveryLength) {
  torch::manual_seed(1);
  EpisodicMemory memory(kFactWidth);
  memory->to(torch::kFloat64);
  const std::vector<int64_t> lengths = {5, 1, 3};
  const Tensor rows = torch::randn({3, 5, kFactWidth}, torch::kFloat64);
  const Tensor p = torch::randn({3, kFactWidth}, torch::kFloat64);
  const Tensor m = torch::randn({3, kFactWidth}, torch::kFloat64);
  const Facts facts =
      memory->prepare({rows, valid_steps(torch::tensor(lengths, torch::kInt64), rows.size(1))});
  const Tensor next = memory->forward(facts, p, m);

  const EpisodicEquations equations(*memory);
  for (int64_t n = 0; n < 3; ++n) {
    const Tensor expected = equations.next_memory(
        rows[n].slice(0, 0, lengths[static_cast<size_t>(n)]), p[n].unsqueeze(0), m[n].unsqueeze(0));
    EXPECT_GT(expected.max().item<double>(), 0) << "a memory of zeros shows nothing";
    EXPECT_LE(relative_error(next.slice(0, n, n + 1), expected), 1e-12) << n;
  }
}

}  // namespace
}  // namespace vidqa::models
