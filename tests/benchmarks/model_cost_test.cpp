#include "benchmarks/model_cost.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>

#include "fusion/fusion.h"

namespace vidqa::benchmarks {
namespace {

/// Scores of a linear layer after a fusion of the question with itself.
class FusedLinear : public models::Model {
 public:
  explicit FusedLinear(const std::string& fusion) : models::Model({}) {
    fusion_ = register_module("fusion", fusion::make_fusion(fusion, {4, 4, 3}));
    head_ = register_module("head", torch::nn::Linear(3, 5));
  }
  models::Output forward(const models::Batch& batch) override {
    return {head_->forward(fusion_->forward(batch.appearance, batch.appearance))};
  }
  void set_word_vectors(const torch::Tensor& /*vectors*/) override {}

 private:
  fusion::FusionPtr fusion_;
  torch::nn::Linear head_ = nullptr;
};

models::Batch batch_of(int64_t rows) {
  models::Batch batch;
  batch.appearance = torch::ones({rows, 4});
  return batch;
}

TEST(ModelCost, CountsTheMatrixProductsOfEveryRow) {
  // mlb: two projections 4 -> 6, one 6 -> 3; the head 3 -> 5.
  FusedLinear model("mlb:mm_dim=6");
  EXPECT_EQ(count_multiply_adds(model, batch_of(1)), 4 * 6 + 4 * 6 + 6 * 3 + 3 * 5);
  EXPECT_EQ(count_multiply_adds(model, batch_of(7)), 7 * (4 * 6 + 4 * 6 + 6 * 3 + 3 * 5));
  EXPECT_FALSE(model.is_training());
}

TEST(ModelCost, CountsTransforms) {
  // Three transforms of 16 values, n log2 n each; 16 -> 3; the head 3 -> 5.
  FusedLinear model("mcb:mm_dim=16");
  EXPECT_EQ(count_multiply_adds(model, batch_of(2)), 2 * (3 * 16 * 4 + 16 * 3 + 3 * 5));
}

TEST(ModelCost, ParametersAreWhatTrainingChanges) {
  EXPECT_EQ(num_parameters(FusedLinear("mlb:mm_dim=6")),
            (4 + 1) * 6 + (4 + 1) * 6 + (6 + 1) * 3 + (3 + 1) * 5);
}

}  // namespace
}  // namespace vidqa::benchmarks
