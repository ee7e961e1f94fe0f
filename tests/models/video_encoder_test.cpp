#include "models/video_encoder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::models {
namespace {

using torch::Tensor;
using vidqa::testing::relative_error;

struct CellOwner : torch::nn::Module {};

TEST(VideoEncoder, StartsEveryCandidateFromItsOwnState) {
  torch::manual_seed(1);
  CellOwner owner;
  const VideoEncoder encoder(owner, "a", 4, 3);
  owner.to(torch::kFloat64);
  EXPECT_TRUE(owner.named_parameters().contains("lstm_video_1a.weight_ih"));
  EXPECT_TRUE(owner.named_parameters().contains("lstm_video_2a.weight_hh"));

  const Tensor rows = torch::randn({2, 5, 4}, torch::kFloat64);
  const Tensor lengths = torch::tensor({5, 2}, torch::kInt64);
  const auto random_state = [] {
    return LstmState{torch::randn({6, 3}, torch::kFloat64), torch::randn({6, 3}, torch::kFloat64)};
  };
  const StackedState start{random_state(), random_state()};
  const StackedOutput all = encoder.run(rows, lengths, start);
  for (int64_t n = 0; n < 6; ++n) {
    const int64_t clip = n / 3;
    const auto of_text = [&](const LstmState& state) {
      return LstmState{state.h.slice(0, n, n + 1), state.c.slice(0, n, n + 1)};
    };
    const StackedOutput alone =
        encoder.run(rows.slice(0, clip, clip + 1), lengths.slice(0, clip, clip + 1),
                    {of_text(start.layer_1), of_text(start.layer_2)});
    EXPECT_LE(relative_error(all.hidden().slice(0, n, n + 1), alone.hidden()), 1e-12) << n;
    EXPECT_LE(relative_error(all.last.hidden().slice(0, n, n + 1), alone.last.hidden()), 1e-12);
  }
}

TEST(VideoEncoder, RepeatsAClipForItsAnswers) {
  const Tensor x = torch::arange(4).view({2, 2});
  EXPECT_TRUE(torch::equal(for_each_answer(x, 2),
                           torch::tensor({{0, 1}, {0, 1}, {2, 3}, {2, 3}}, torch::kInt64)));
}

}  // namespace
}  // namespace vidqa::models
