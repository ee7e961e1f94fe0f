#include "pipeline/train/trainer.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "pipeline/train/checkpoint.h"
#include "tests/pipeline/train/tiny_model.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::train {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::read_file;
using ::testing::StartsWith;

/// metrics.csv without the column of seconds.
std::vector<std::string> metrics_lines(const RunFolder& run) {
  std::vector<std::string> lines;
  std::ifstream file(run.metrics_csv());
  for (std::string line; std::getline(file, line);)
    lines.push_back(line.substr(0, line.rfind(',')));
  return lines;
}

/// A training of TinyModel on hand-made questions in a folder of its own.
struct Training {
  explicit Training(models::Task task = models::Task::kOpenEnded)
      : task(task),
        train_questions(tiny_questions(task, 62)),
        val_questions(tiny_questions(task, 20, 100)),
        test_questions(tiny_questions(task, 30, 200)),
        run(folder.path() / "run") {
    options.epochs = 4;
    options.batch_size = 16;
    options.learning_rate = 0.02;
  }

  /// With a model that is built anew, as in another process.
  TrainSummary operator()(const TrainObserver& observer = {}) {
    model = tiny_model(task, static_cast<int64_t>(options.seed));
    return train(*model, data::QaDataset(train_questions, task, nullptr),
                 data::QaDataset(val_questions, task, nullptr),
                 data::QaDataset(test_questions, task, nullptr), tiny_answers(), options, run,
                 identity, observer);
  }

  testing::TempDir folder;
  models::Task task;
  std::vector<data::Question> train_questions;
  std::vector<data::Question> val_questions;
  std::vector<data::Question> test_questions;
  RunFolder run;
  TrainOptions options;
  std::string identity = "model=tiny\n";
  std::shared_ptr<TinyModel> model;
};

class EveryTask : public ::testing::TestWithParam<models::Task> {};
INSTANTIATE_TEST_SUITE_P(Trainer, EveryTask,
                         ::testing::Values(models::Task::kOpenEnded, models::Task::kMultipleChoice,
                                           models::Task::kCount),
                         [](const auto& info) {
                           return testing::test_name(models::to_string(info.param));
                         });

TEST_P(EveryTask, LearnsTheRuleOfTheText) {
  Training training(GetParam());
  training.options.epochs = 40;
  const TrainSummary summary = training();
  if (GetParam() == models::Task::kCount) {
    EXPECT_LT(summary.test.value(), 0.15);
  } else {
    EXPECT_GT(summary.test.value(), 0.95);
  }
  EXPECT_EQ(training.run.state(), RunFolder::State::kDone);
}

TEST_P(EveryTask, AResumedRunEqualsAnUninterruptedOneBitForBit) {
  const auto published = [](Training& training) {
    training.options.optimizer = Optimizer::kRAdam;
    training.options.validate_every = 2;
  };
  Training whole(GetParam());
  published(whole);
  const TrainSummary expected = whole();

  // Within the first epoch, at its end, in a later one, twice, and while the test split is scored.
  using Where = std::pair<int64_t, int64_t>;  // epoch, step; epoch 5: evaluation of the test split
  for (const std::vector<Where>& stops :
       std::vector<std::vector<Where>>{{{1, 2}}, {{1, 4}}, {{3, 1}}, {{2, 4}, {4, 2}}, {{5, 0}}}) {
    Training part(GetParam());
    published(part);
    for (const auto& [stop_epoch, stop_step] : stops) {
      TrainObserver observer;
      observer.on_step = [&](int64_t epoch, int64_t done, int64_t, double) {
        if (epoch == stop_epoch && done == stop_step) throw Interrupted("stop");
      };
      observer.on_evaluate = [&](const std::string& split, int64_t, int64_t) {
        if (stop_epoch == 5 && split == "test") throw Interrupted("stop");
      };
      EXPECT_THROW(part(observer), Interrupted);
      EXPECT_NE(part.run.state(), RunFolder::State::kFailed);
      EXPECT_NE(part.run.state(), RunFolder::State::kDone);
    }
    const TrainSummary summary = part();
    EXPECT_EQ(summary.test, expected.test);
    EXPECT_EQ(summary.val, expected.val);
    EXPECT_EQ(summary.best_epoch, expected.best_epoch);
    EXPECT_EQ(summary.epochs, expected.epochs);
    for (const char* split : {"val", "test"})
      EXPECT_EQ(read_file(part.run.predictions(split)), read_file(whole.run.predictions(split)));
    EXPECT_EQ(metrics_lines(part.run), metrics_lines(whole.run));
    for (const bool best : {false, true}) {
      const auto a = tiny_model(GetParam(), 7);
      const auto b = tiny_model(GetParam(), 8);
      load_checkpoint(best ? part.run.best_checkpoint() : part.run.last_checkpoint(), *a, nullptr);
      load_checkpoint(best ? whole.run.best_checkpoint() : whole.run.last_checkpoint(), *b,
                      nullptr);
      for (size_t i = 0; i < a->parameters().size(); ++i)
        EXPECT_TRUE(torch::equal(a->parameters()[i], b->parameters()[i]));
      for (size_t i = 0; i < a->buffers().size(); ++i)
        EXPECT_TRUE(torch::equal(a->buffers()[i], b->buffers()[i]));
    }
  }
}

TEST(Trainer, EqualSeedsGiveEqualRunsAndOthersDiffer) {
  Training a, b, c;
  c.options.seed = 2;
  a();
  torch::manual_seed(99);
  torch::rand({5});  // what happened before does not matter
  b();
  c();
  EXPECT_EQ(read_file(a.run.predictions("test")), read_file(b.run.predictions("test")));
  EXPECT_NE(read_file(a.run.predictions("test")), read_file(c.run.predictions("test")));
}

TEST(Trainer, WritesWhatTheRunFolderPromises) {
  Training training;
  const TrainSummary summary = training();
  EXPECT_EQ(summary.parameters, 12 * 8 + 8 + 8 + 8 * 3 + 3) << "the dead one is not trained";
  EXPECT_EQ(summary.epochs, 4);
  EXPECT_GT(summary.seconds_per_epoch, 0);
  EXPECT_GT(summary.peak_memory_mb, 1);

  const TrainSummary read = read_summary(training.run.summary_json());
  EXPECT_EQ(read.parameters, summary.parameters);
  EXPECT_EQ(read.epochs, summary.epochs);
  EXPECT_EQ(read.best_epoch, summary.best_epoch);
  EXPECT_EQ(read.seconds_per_epoch, summary.seconds_per_epoch);
  EXPECT_EQ(read.peak_memory_mb, summary.peak_memory_mb);
  EXPECT_EQ(read.val, summary.val);
  EXPECT_EQ(read.test, summary.test);

  const std::vector<std::string> lines = metrics_lines(training.run);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0], "epoch,step,train_loss,val_accuracy");
  EXPECT_THAT(lines[1], StartsWith("1,4,"));
  EXPECT_THAT(lines[4], StartsWith("4,16,"));
  EXPECT_THAT(read_file(training.run.log()), HasSubstr("epoch 4, step 16: loss"));

  const auto test = read_predictions(training.run.predictions("test"));
  ASSERT_EQ(test.size(), training.test_questions.size());
  EXPECT_EQ(compute_metrics(training.task, test).all.accuracy, summary.test);
  const auto val = read_predictions(training.run.predictions("val"));
  EXPECT_EQ(compute_metrics(training.task, val).all.accuracy, summary.val);
}

TEST(Trainer, PredictionsAreThoseOfTheBestCheckpoint) {
  Training training;
  training.options.epochs = 6;
  training.options.learning_rate = 0.3;  // unsteady: the last epoch need not be the best
  training();
  const auto best = tiny_model(training.task, 5);
  load_checkpoint(training.run.best_checkpoint(), *best, nullptr);
  const auto expected =
      predict(*best, data::QaDataset(training.test_questions, training.task, nullptr),
              tiny_answers(), 64, torch::kCPU);
  const auto written = read_predictions(training.run.predictions("test"));
  ASSERT_EQ(written.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(written[i].scores, expected[i].scores);
}

TEST(Trainer, OnTiesTheEarlierEpochIsTheBest) {
  Training training;
  for (data::Question& question : training.val_questions) question.label = data::Question::kNoLabel;
  const TrainSummary summary = training();
  EXPECT_EQ(summary.best_epoch, 1);
  EXPECT_EQ(summary.val, 0);
}

TEST(Trainer, StopsAfterAsManyEpochsWithoutABetterValidationAsItsPatience) {
  for (const PatienceCounts counts : {PatienceCounts::kInARow, PatienceCounts::kInTotal}) {
    Training training;
    for (data::Question& question : training.val_questions)
      question.label = data::Question::kNoLabel;
    training.options.epochs = 10;
    training.options.patience = 2;
    training.options.patience_counts = counts;
    EXPECT_EQ(training().epochs, 3);
  }
}

TEST(Trainer, PatienceInTotalIsNeverReset) {
  Training training;
  training.options.epochs = 30;
  training.options.patience = 3;
  training.options.patience_counts = PatienceCounts::kInTotal;
  training();
  // Epochs whose validation is not the best so far, from metrics.csv.
  double best = -1;
  int64_t unproductive = 0;
  const std::vector<std::string> lines = metrics_lines(training.run);
  for (size_t i = 1; i < lines.size(); ++i) {
    EXPECT_LT(unproductive, 3) << "went on after the third";
    const double val = std::stod(lines[i].substr(lines[i].rfind(',') + 1));
    if (val > best) {
      best = val;
    } else {
      ++unproductive;
    }
  }
  EXPECT_EQ(unproductive, 3);
}

TEST(Trainer, ValidatesWithinAnEpochWhereToldAndAlwaysAtItsEnd) {
  Training training;  // four batches an epoch
  training.options.epochs = 2;
  training.options.validate_every = 2;
  training();
  const std::vector<std::string> lines = metrics_lines(training.run);
  ASSERT_EQ(lines.size(), 7u);
  const char* expected[] = {"1,1,", "1,3,", "1,4,", "2,5,", "2,7,", "2,8,"};
  for (size_t i = 0; i < 6; ++i) EXPECT_THAT(lines[i + 1], StartsWith(expected[i]));

  Training later;
  later.options.epochs = 1;
  later.options.validate_first = 2;
  later.options.validate_every = 5;
  later();
  ASSERT_EQ(metrics_lines(later.run).size(), 3u);
  EXPECT_THAT(metrics_lines(later.run)[1], StartsWith("1,3,"));
}

TEST(Trainer, ASummedLossMovesByAsManyTimesAsThereAreQuestions) {
  const auto moved = [](LossReduction reduction) {
    Training training;
    training.options.epochs = 1;
    training.options.batch_size = 62;
    training.options.optimizer = Optimizer::kRAdam;  // its first step is proportional
    training.options.learning_rate = 1e-4;
    training.options.loss_reduction = reduction;
    training();
    return training.model->out->bias - tiny_model(training.task, 1)->out->bias;
  };
  EXPECT_TRUE(torch::allclose(moved(LossReduction::kSum), 62 * moved(LossReduction::kMean), 1e-2));
}

TEST(Trainer, WritesASubmissionWhereTheAnswersAreNotPublic) {
  Training training(models::Task::kMultipleChoice);
  for (data::Question& question : training.test_questions)
    question.label = data::Question::kNoLabel;
  EXPECT_FALSE(training().test.has_value());
  EXPECT_FALSE(read_summary(training.run.summary_json()).test.has_value());
  const auto predictions = read_predictions(training.run.predictions("test"));
  const auto submission = nlohmann::json::parse(read_file(training.run.submission_json()));
  ASSERT_EQ(submission.size(), predictions.size());
  for (const Prediction& p : predictions) {
    const auto index = submission.at(p.question_id).get<size_t>();
    EXPECT_EQ(p.scores.at(index).second, p.raw_score);
  }
}

TEST(Trainer, TheTestSplitIsScoredOnceAndAfterAllEpochs) {
  Training training;
  std::vector<std::string> order;
  TrainObserver observer;
  observer.on_evaluate = [&](const std::string& split, int64_t, int64_t) {
    order.push_back(split);
  };
  training(observer);
  EXPECT_THAT(order, ElementsAre("val", "val", "val", "val", "val", "test"));
}

TEST(Trainer, ReportsEveryStep) {
  Training training;
  training.options.epochs = 2;
  std::vector<std::string> steps;
  TrainObserver observer;
  observer.on_step = [&](int64_t epoch, int64_t done, int64_t total, double loss) {
    EXPECT_GT(loss, 0);
    steps.push_back(std::to_string(epoch) + ":" + std::to_string(done) + "/" +
                    std::to_string(total));
  };
  training(observer);
  EXPECT_THAT(steps,
              ElementsAre("1:1/4", "1:2/4", "1:3/4", "1:4/4", "2:1/4", "2:2/4", "2:3/4", "2:4/4"));
}

TEST(Trainer, ALossThatIsNotFiniteFailsTheRunNamingEpochAndStep) {
  Training training(models::Task::kCount);
  training.options.learning_rate = 1e30;
  const std::string error = error_of([&] { training(); });
  EXPECT_THAT(error, AllOf(HasSubstr("epoch 1"), HasSubstr("step 2")));
  EXPECT_EQ(training.run.state(), RunFolder::State::kFailed);
  EXPECT_THAT(read_file((training.run.path() / "FAILED").string()), HasSubstr("epoch 1, step 2"));
  EXPECT_THAT(read_file(training.run.log()), HasSubstr("epoch 1, step 2"));
}

TEST(Trainer, ADoneRunIsLeftAsItIs) {
  Training training;
  const TrainSummary first = training();
  const std::string checkpoint = read_file(training.run.last_checkpoint());
  TrainObserver observer;
  observer.on_step = [](int64_t, int64_t, int64_t, double) { FAIL() << "a training step"; };
  observer.on_evaluate = [](const std::string&, int64_t, int64_t) { FAIL() << "an evaluation"; };
  const TrainSummary second = training(observer);
  EXPECT_EQ(second.test, first.test);
  EXPECT_EQ(read_file(training.run.last_checkpoint()), checkpoint);
}

TEST(Trainer, AFolderOfAnotherRunIsRefusedNamingWhatDiffers) {
  Training training;
  training.identity = "fusion=mcb\nseed=1\n";
  training();
  const std::string before = read_file(training.run.last_checkpoint());
  training.identity = "fusion=mfb\nseed=1\n";
  EXPECT_THAT(error_of([&] { training(); }),
              AllOf(HasSubstr(training.run.last_checkpoint()), HasSubstr("fusion=mcb"),
                    HasSubstr("fusion=mfb")));
  EXPECT_EQ(training.run.state(), RunFolder::State::kDone);
  EXPECT_EQ(read_file(training.run.last_checkpoint()), before);
}

TEST(Trainer, DeadParametersAreNotTouchedByWeightDecay) {
  Training training;
  training.options.weight_decay = 0.1;
  training();
  EXPECT_TRUE(torch::equal(training.model->dead, torch::ones({2})));
}

TEST(Trainer, ClippingBoundsTheStepOfTheFirstUpdate) {
  // With Adam a first step does not depend on the size of the gradient unless it is near eps.
  const auto moved = [](double clip_norm) {
    Training training;
    training.options.epochs = 1;
    training.options.batch_size = 62;
    training.options.clip_norm = clip_norm;
    training();
    const auto start = tiny_model(training.task, 1);
    return (training.model->out->weight - start->out->weight).abs().max().item<double>();
  };
  EXPECT_NEAR(moved(0), 0.02, 1e-4);
  EXPECT_LT(moved(1e-10), 1e-3);
}

TEST(Trainer, RefusesWhatCannotBeTrained) {
  const auto error = [](const std::function<void(Training&)>& spoil) {
    Training training;
    spoil(training);
    return error_of([&] { training(); });
  };
  EXPECT_THAT(error([](Training& t) { t.train_questions[3].label = data::Question::kNoLabel; }),
              HasSubstr("'Q3'"));
  EXPECT_THAT(error([](Training& t) { t.val_questions.clear(); }), HasSubstr("validation"));
  EXPECT_THAT(error([](Training& t) { t.options.epochs = 0; }), HasSubstr("epochs"));
  EXPECT_THAT(error([](Training& t) { t.options.batch_size = -1; }), HasSubstr("batch size"));
  EXPECT_THAT(error([](Training& t) { t.options.learning_rate = 0; }), HasSubstr("learning rate"));
  EXPECT_THAT(error([](Training& t) { t.options.device = "gpu"; }), HasSubstr("gpu"));
}

TEST(Trainer, ADamagedSummaryIsNamed) {
  const testing::TempDir folder;
  const std::string path = folder.file("summary.json");
  EXPECT_THAT(error_of([&] { read_summary(path); }), HasSubstr(path));
  std::ofstream(path) << "{\"parameters\": 3";
  EXPECT_THAT(error_of([&] { read_summary(path); }), HasSubstr(path));
}

}  // namespace
}  // namespace vidqa::train
