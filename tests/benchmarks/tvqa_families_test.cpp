#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "benchmarks/datasets/synthetic_dialogue.h"
#include "benchmarks/experiment.h"
#include "tests/testing/feature_file.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSeed = 11;
constexpr int64_t kClips = 600;
constexpr int64_t kFrames = 12;  // 4 seconds at 3 a second

/// The subtitled synthetic data set with features that say what is seen: colour and action of the
/// shape, one column each.
class TvqaFamilies : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new testing::TempDir;
    std::vector<synthetic::Scene> scenes;
    std::map<std::string, torch::Tensor> features;
    for (int64_t i = 0; i < kClips; ++i) {
      scenes.push_back(synthetic::make_scene(kSeed, i, 32));
      const synthetic::Scene& scene = scenes.back();
      torch::Tensor rows = torch::zeros({kFrames, 12});
      rows.select(1, static_cast<int64_t>(scene.color)) = 1;
      if (!scene.is_transition) rows.select(1, 6 + static_cast<int64_t>(scene.action)) = 1;
      features[scene.name] = rows;
    }
    for (const auto& [name, content] : synthetic::tvqa_files(kSeed, scenes, 4)) {
      const fs::path path = folder_->path() / name;
      fs::create_directories(path.parent_path());
      testing::write_file(path.string(), content);
    }
    testing::write_feature_file(folder_->file("tvqa/tvqa_imagenet_pool5_hq.h5"), features);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  /// Words and hidden units. To find who said what, the words of the subtitles have to stay apart
  /// in wide vectors.
  struct Size {
    int64_t words;
    int64_t hsz1;
    int64_t hsz2;
    double learning_rate;
  };
  static constexpr Size kNarrow = {24, 12, 16, 5e-3};
  static constexpr Size kWide = {300, 100, 32, 1e-3};

  /// Test accuracy by family, after training on the questions of `families`, or of all.
  static std::map<std::string, double> train(const std::string& streams, const Size& size,
                                             const std::set<std::string>& families = {}) {
    ExperimentOptions options;
    options.dataset = "tvqa";
    options.data.root = folder_->file("tvqa");
    options.model = "tvqa";
    options.streams = streams;
    options.word_dim = size.words;
    options.tvqa.hidden_raw = size.hsz1;
    options.tvqa.hidden_mature = size.hsz2;
    options.train.epochs = 12;
    options.train.learning_rate = size.learning_rate;
    options.train.batch_size = 32;
    LoadedData data = load_data(options);
    for (std::vector<data::Question>* part : {&data.corpus.train, &data.corpus.val}) {
      const auto is_other = [&](const data::Question& question) {
        return !families.empty() && families.count(question.type) == 0;
      };
      part->erase(std::remove_if(part->begin(), part->end(), is_other), part->end());
    }
    const train::RunFolder run(folder_->path() / fmt::format("run_{}", num_runs_++));
    run_experiment(options, data, run, "", {});
    const auto report =
        train::compute_metrics(data.corpus.task, train::read_predictions(run.predictions("test")));
    std::map<std::string, double> accuracy;
    for (const auto& [family, metrics] : report.by_type) accuracy[family] = metrics.accuracy;
    return accuracy;
  }

  static constexpr double kSolved = 0.8;
  /// Chance is 0.2; four standard deviations of 120 questions.
  static constexpr double kNearChance = 0.2 + 4 * 0.0365;

  static testing::TempDir* folder_;
  static int num_runs_;
};

testing::TempDir* TvqaFamilies::folder_ = nullptr;
int TvqaFamilies::num_runs_ = 0;

TEST_F(TvqaFamilies, SubtitlesAloneTellNothingOfWhatIsSeen) {
  auto accuracy = train("sub", kNarrow);
  EXPECT_GT(accuracy["either"], kSolved);
  EXPECT_LT(accuracy["video"], kNearChance);
  EXPECT_LT(accuracy["joint"], kNearChance);
}

// The questions that it cannot learn would only make it learn the others later.
TEST_F(TvqaFamilies, SubtitlesAloneSolveWhatIsSaid) {
  auto accuracy = train("sub", kWide, {"subtitle"});
  EXPECT_GT(accuracy["subtitle"], kSolved);
  EXPECT_LT(accuracy["joint"], kNearChance);
}

TEST_F(TvqaFamilies, VideoAloneSolvesWhatIsSeen) {
  auto accuracy = train("imagenet", kNarrow);
  EXPECT_GT(accuracy["video"], kSolved);
  EXPECT_GT(accuracy["either"], kSolved);
  EXPECT_LT(accuracy["subtitle"], kNearChance);
  EXPECT_LT(accuracy["joint"], kNearChance);
}

TEST_F(TvqaFamilies, BothSolveWhatEitherDoesButAddedVotesDoNotSolveTheJointQuestions) {
  EXPECT_GT(train("sub,imagenet", kWide, {"subtitle"})["subtitle"], kSolved);
  auto accuracy = train("sub,imagenet", kNarrow);
  EXPECT_GT(accuracy["video"], kSolved);
  EXPECT_GT(accuracy["either"], kSolved);
  // Better than chance is possible, by thresholds on a sum, a solution is not.
  EXPECT_LT(accuracy["joint"], 0.6);
}

}  // namespace
}  // namespace vidqa::benchmarks
