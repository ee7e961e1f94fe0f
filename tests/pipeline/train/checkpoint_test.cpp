#include "pipeline/train/checkpoint.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <torch/torch.h>

#include "tests/pipeline/train/tiny_model.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::train {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;

/// Every parameter and buffer, copied.
std::vector<torch::Tensor> values(const torch::nn::Module& module) {
  std::vector<torch::Tensor> all;
  for (const torch::Tensor& tensor : module.parameters()) all.push_back(tensor.detach().clone());
  for (const torch::Tensor& tensor : module.buffers()) all.push_back(tensor.detach().clone());
  return all;
}

bool equal(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return torch::equal(x, y); });
}

models::Batch some_batch() {
  models::Batch batch;
  batch.text = torch::randint(0, 12, {6, 1, 4}, torch::kInt64);
  batch.text_lengths = torch::randint(1, 5, {6, 1}, torch::kInt64);
  return batch;
}

/// Steps that change parameters, buffers and the moments of Adam.
void train_steps(models::Model& model, torch::optim::Optimizer& optimizer, int steps) {
  for (int i = 0; i < steps; ++i) {
    torch::manual_seed(100 + i);
    optimizer.zero_grad();
    model.forward(some_batch()).scores.square().mean().backward();
    optimizer.step();
  }
}

TrainState some_state() {
  TrainState state;
  state.epochs_done = 2;
  state.best_epoch = 1;
  state.best_metric = 1.0 / 3;
  state.unproductive_epochs = 1;
  state.config_identity = "fusion=mfb:factor=2\nseed=1\n";
  state.history = {{1, 10, 0.1, 1.0 / 3, 1.5}, {2, 20, 0.05, 0.25, 1.25}};
  return state;
}

class CheckpointTest : public ::testing::Test {
 protected:
  const testing::TempDir folder;
  const std::string path = folder.file("last.pt");
};

TEST_F(CheckpointTest, BringsBackParametersBuffersAndState) {
  const auto model = tiny_model();
  torch::optim::Adam optimizer(model->trainable_parameters());
  train_steps(*model, optimizer, 3);
  save_checkpoint(path, *model, &optimizer, some_state());

  const auto other = tiny_model(models::Task::kOpenEnded, /*seed=*/2);
  ASSERT_FALSE(equal(values(*model), values(*other)));
  const TrainState state = load_checkpoint(path, *other, nullptr);
  EXPECT_TRUE(equal(values(*model), values(*other)));
  EXPECT_EQ(other->norm->num_batches_tracked.item<int64_t>(), 3);
  EXPECT_EQ(state.epochs_done, 2);
  EXPECT_EQ(state.best_epoch, 1);
  EXPECT_EQ(state.best_metric, 1.0 / 3);
  EXPECT_EQ(state.unproductive_epochs, 1);
  EXPECT_EQ(state.config_identity, some_state().config_identity);
  ASSERT_EQ(state.history.size(), 2u);
  EXPECT_EQ(state.history[1].step, 20);
  EXPECT_EQ(state.history[0].val, 1.0 / 3);
  EXPECT_EQ(read_checkpoint_state(path).history[1].seconds, 1.25);
}

TEST_F(CheckpointTest, OptimiserGoesOnAsIfNeverStopped) {
  const auto model = tiny_model();
  torch::optim::Adam optimizer(model->trainable_parameters());
  train_steps(*model, optimizer, 3);
  save_checkpoint(path, *model, &optimizer, {});
  train_steps(*model, optimizer, 5);

  const auto resumed = tiny_model(models::Task::kOpenEnded, /*seed=*/2);
  torch::optim::Adam resumed_optimizer(resumed->trainable_parameters());
  load_checkpoint(path, *resumed, &resumed_optimizer);
  train_steps(*resumed, resumed_optimizer, 5);
  EXPECT_TRUE(equal(values(*model), values(*resumed)));
}

TEST_F(CheckpointTest, EveryFlippedByteIsAnErrorThatNamesTheFile) {
  const auto model = tiny_model();
  torch::optim::Adam optimizer(model->trainable_parameters());
  train_steps(*model, optimizer, 1);
  save_checkpoint(path, *model, &optimizer, some_state());
  const std::string good = read_file(path);
  const std::vector<torch::Tensor> before = values(*model);

  const size_t stride = good.size() / 300 + 1;
  for (size_t offset = 0; offset < good.size(); offset += stride) {
    std::string bad = good;
    bad[offset] = static_cast<char>(bad[offset] ^ (1 << (offset % 8)));
    std::ofstream(path, std::ios::binary) << bad;
    ASSERT_THAT(error_of([&] { load_checkpoint(path, *model, &optimizer); }),
                AllOf(HasSubstr(path), HasSubstr("damaged")))
        << "offset " << offset;
  }
  EXPECT_TRUE(equal(before, values(*model)));
}

TEST_F(CheckpointTest, EveryTruncationIsAnErrorThatNamesTheFile) {
  const auto model = tiny_model();
  save_checkpoint(path, *model, nullptr, some_state());
  const std::string good = read_file(path);
  for (const size_t size : {size_t{0}, size_t{1}, size_t{50}, good.size() / 2, good.size() - 100,
                            good.size() - 89, good.size() - 1}) {
    std::ofstream(path, std::ios::binary) << good.substr(0, size);
    EXPECT_THAT(error_of([&] { load_checkpoint(path, *model, nullptr); }),
                AllOf(HasSubstr(path), HasSubstr("truncated")))
        << size;
  }
}

TEST_F(CheckpointTest, AMissingFileIsNamed) {
  const auto model = tiny_model();
  EXPECT_THAT(error_of([&] { load_checkpoint(path, *model, nullptr); }), HasSubstr(path));
}

TEST_F(CheckpointTest, AnotherShapeNamesTheTensorAndLeavesTheModelAlone) {
  save_checkpoint(path, *tiny_model(), nullptr, {});
  models::ModelConfig config = tiny_model()->config();
  config.num_classes = 4;
  TinyModel larger(config);
  const std::vector<torch::Tensor> before = values(larger);
  EXPECT_THAT(
      error_of([&] { load_checkpoint(path, larger, nullptr); }),
      AllOf(HasSubstr(path), HasSubstr("'out.weight'"), HasSubstr("[4, 8]"), HasSubstr("[3, 8]")));
  EXPECT_TRUE(equal(before, values(larger)));
}

/// TinyModel with one layer more.
class WiderModel : public TinyModel {
 public:
  explicit WiderModel(const models::ModelConfig& config) : TinyModel(config) {
    register_module("extra", torch::nn::Linear(2, 2));
  }
};

TEST_F(CheckpointTest, AMissingTensorIsNamed) {
  save_checkpoint(path, *tiny_model(), nullptr, {});
  WiderModel wider(tiny_model()->config());
  EXPECT_THAT(error_of([&] { load_checkpoint(path, wider, nullptr); }),
              AllOf(HasSubstr(path), HasSubstr("'extra.*' are missing")));
}

TEST_F(CheckpointTest, ATensorThatTheModelLacksIsNamed) {
  save_checkpoint(path, WiderModel(tiny_model()->config()), nullptr, {});
  EXPECT_THAT(error_of([&] { load_checkpoint(path, *tiny_model(), nullptr); }),
              AllOf(HasSubstr(path), HasSubstr("'extra'")));
}

TEST_F(CheckpointTest, ModelAloneHasNoOptimiserToGoOnWith) {
  const auto model = tiny_model();
  save_checkpoint(path, *model, nullptr, {});
  torch::optim::Adam optimizer(model->trainable_parameters());
  EXPECT_THAT(error_of([&] { load_checkpoint(path, *model, &optimizer); }),
              AllOf(HasSubstr(path), HasSubstr("optimiser")));
}

/// Lets no file grow beyond `bytes`, as a full disk would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST_F(CheckpointTest, AWriteThatFailsHalfwayIsAnErrorAndKeepsTheOldFile) {
  const auto model = tiny_model();
  save_checkpoint(path, *model, nullptr, some_state());
  const std::string before = read_file(path);
  for (const size_t bytes : {size_t{0}, size_t{1000}, before.size() / 2, before.size() - 1}) {
    const FileSizeLimit limit(bytes);
    EXPECT_THAT(error_of([&] { save_checkpoint(path, *model, nullptr, some_state()); }),
                HasSubstr(path))
        << bytes;
  }
  EXPECT_EQ(read_file(path), before);
  const std::filesystem::directory_iterator files(folder.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "no temporary file is left";
}

TEST_F(CheckpointTest, AnotherRunIsToldByWhatDiffersOnBothSidesAndNothingElse) {
  TrainState state;
  state.config_identity = "fusion=mcb\nhidden=512\nseed=1\n";
  save_checkpoint(path, *tiny_model(), nullptr, state);
  EXPECT_THAT(error_of([&] { check_same_run(path, "fusion=mfb\nhidden=512\nseed=1\n"); }),
              AllOf(HasSubstr(path), HasSubstr("there fusion=mcb;"),
                    HasSubstr("asked for fusion=mfb "), Not(HasSubstr("hidden"))));
  EXPECT_THAT(error_of([&] { check_same_run(path, "fusion=mcb\nhidden=512\n"); }),
              AllOf(HasSubstr("there seed=1;"), HasSubstr("asked for nothing")));
  EXPECT_NO_THROW(check_same_run(path, state.config_identity));
  EXPECT_NO_THROW(check_same_run(folder.file("absent.pt"), "fusion=mfb\n"));
}

}  // namespace
}  // namespace vidqa::train
