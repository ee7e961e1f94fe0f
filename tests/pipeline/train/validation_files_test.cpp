#include "pipeline/train/validation_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/train/trainer.h"
#include "tests/pipeline/train/event_files.h"
#include "tests/pipeline/train/tiny_model.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// metrics.csv as numbers, without its head.
std::vector<std::vector<double>> metrics_rows(const RunFolder& run) {
  std::vector<std::vector<double>> rows;
  std::istringstream file(testing::read_file(run.metrics_csv()));
  std::string line, cell;
  std::getline(file, line);
  while (std::getline(file, line)) {
    rows.emplace_back();
    std::istringstream cells(line);
    while (std::getline(cells, cell, ',')) rows.back().push_back(std::stod(cell));
  }
  return rows;
}

/// A training of TinyModel with validations within its epochs, stopped before `stop_step` of
/// `stop_epoch`, if that is above 0.
void train_tiny(const RunFolder& run, int64_t stop_epoch = 0, int64_t stop_step = 0) {
  constexpr models::Task kTask = models::Task::kOpenEnded;
  TrainOptions options;
  options.epochs = 3;
  options.batch_size = 16;
  options.learning_rate = 0.02;
  options.validate_every = 2;
  TrainObserver observer;
  observer.on_step = [&](int64_t epoch, int64_t done, int64_t, double) {
    if (epoch == stop_epoch && done == stop_step) throw Interrupted("stop");
  };
  const auto model = tiny_model();
  const data::QaDataset train_set(tiny_questions(kTask, 62), kTask, nullptr);
  const data::QaDataset val_set(tiny_questions(kTask, 20, 100), kTask, nullptr);
  const auto run_it = [&] {
    train(*model, train_set, val_set, val_set, tiny_answers(), options, run, "model=tiny\n",
          observer);
  };
  if (stop_epoch > 0)
    EXPECT_THROW(run_it(), Interrupted);
  else
    run_it();
}

/// The events of a finished run against its metrics.csv.
void expect_events_as_in_metrics_csv(const RunFolder& run) {
  const auto rows = metrics_rows(run);
  ASSERT_EQ(rows.size(), 9u);
  std::vector<ReadEvent> events;
  size_t configs = 0;
  for (const ReadEvent& event : read_event_files(run.path())) {
    if (event.starts_session) {  // what was written before is void
      events.clear();
      configs = 0;
    }
    if (!event.scalars.empty()) events.push_back(event);
    if (event.texts.empty()) continue;
    ++configs;
    EXPECT_EQ(event.step, 0);
    EXPECT_THAT(event.texts.at("config/text_summary").at(0), HasSubstr("seed = 1"));
  }
  EXPECT_EQ(configs, 1u);
  ASSERT_EQ(events.size(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(events[i].step, rows[i][1]);
    const auto& scalars = events[i].scalars;
    ASSERT_EQ(scalars.size(), 5u);
    EXPECT_FLOAT_EQ(scalars.at("train/epoch"), static_cast<float>(rows[i][0]));
    EXPECT_FLOAT_EQ(scalars.at("train/loss"), static_cast<float>(rows[i][2]));
    EXPECT_FLOAT_EQ(scalars.at("val/accuracy"), static_cast<float>(rows[i][3]));
    EXPECT_FLOAT_EQ(scalars.at("train/learning_rate"), 0.02F);
    EXPECT_GE(scalars.at("train/seconds"), 0);
  }
}

TEST(ValidationFiles, TheEventsOfARunAreThoseOfItsMetricsCsv) {
  const testing::TempDir folder;
  const RunFolder run(folder.path() / "run");
  testing::write_file(run.config_toml(), "[train]\nseed = 1\n");
  train_tiny(run);
  expect_events_as_in_metrics_csv(run);
  EXPECT_EQ(find_event_files(run.path()).size(), 1u);
}

TEST(ValidationFiles, ARunThatWasInterruptedHasEveryStepOnce) {
  using Stops = std::vector<std::pair<int64_t, int64_t>>;
  for (const Stops& stops : {Stops{{2, 4}}, Stops{{2, 1}, {3, 4}}, Stops{{1, 4}}}) {
    const testing::TempDir folder;
    const RunFolder run(folder.path() / "run");
    testing::write_file(run.config_toml(), "[train]\nseed = 1\n");
    for (const auto& [epoch, step] : stops) train_tiny(run, epoch, step);
    train_tiny(run);
    expect_events_as_in_metrics_csv(run);
    EXPECT_EQ(find_event_files(run.path()).size(), stops.size() + 1);
  }
}

TEST(ValidationFiles, ARunOfTheTimeBeforeEventFilesGetsItsWholeHistory) {
  const testing::TempDir folder;
  const RunFolder run(folder.path() / "run");
  testing::write_file(run.config_toml(), "[train]\nseed = 1\n");
  train_tiny(run, 3, 1);
  for (const auto& file : find_event_files(run.path())) std::filesystem::remove(file);
  train_tiny(run);
  expect_events_as_in_metrics_csv(run);
}

TEST(ValidationFiles, WritesWithinTheRunAndNotAtItsEnd) {
  const testing::TempDir folder;
  const RunFolder run(folder.path() / "run");
  ValidationFiles files(run, {"mse", false}, 0.5, /*resumes=*/false);
  files.write({{1, 10, 2.5, 3.5, 0.25}});
  const std::vector<ReadEvent> events = read_event_files(run.path());
  ASSERT_EQ(events.size(), 3u) << "the version, the start, and one validation";
  EXPECT_THAT(events[2].scalars,
              ElementsAre(std::pair("train/epoch", 1.0F), std::pair("train/learning_rate", 0.5F),
                          std::pair("train/loss", 2.5F), std::pair("train/seconds", 0.25F),
                          std::pair("val/mse", 3.5F)));
}

}  // namespace
}  // namespace vidqa::train
