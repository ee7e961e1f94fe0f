#include "pipeline/train/event_log.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "pipeline/train/tfrecord.h"
#include "tests/pipeline/train/event_files.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Pair;

/// Steps of the events that hold scalars.
std::vector<int64_t> scalar_steps(const std::filesystem::path& folder) {
  std::vector<int64_t> steps;
  for (const ReadEvent& event : read_event_files(folder))
    if (!event.scalars.empty()) steps.push_back(event.step);
  return steps;
}

TEST(EventLog, AnIndependentReaderReadsWhatWasWritten) {
  const testing::TempDir folder;
  EventLog log(folder.path(), /*starts_anew=*/true);
  EXPECT_EQ(log.last_step(), -1);
  EXPECT_TRUE(find_event_files(folder.path()).empty()) << "begun with the first value";
  log.write_text(0, "config/text_summary", "x = 1");
  log.write_scalars(300, {{"train/loss", 0.25}, {"val/accuracy", 1.0 / 3}});
  EXPECT_EQ(log.last_step(), 300);

  const auto files = find_event_files(folder.path());
  ASSERT_EQ(files.size(), 1u);
  EXPECT_THAT(
      files[0].filename().string(),
      MatchesRegex("events\\.out\\.tfevents\\.[0-9]{10}\\..+\\." + std::to_string(::getpid())));
  const std::vector<ReadEvent> events = read_event_file(files[0]);
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0].file_version, "brain.Event:2");
  EXPECT_EQ(events[0].step, 0);
  EXPECT_GT(events[0].wall_time, 1.6e9);
  EXPECT_TRUE(events[1].starts_session);
  EXPECT_EQ(events[2].step, 0);
  EXPECT_THAT(events[2].texts.at("config/text_summary"), ElementsAre("x = 1"));
  EXPECT_THAT(events[2].tensor_shapes.at("config/text_summary"), ElementsAre(1));
  EXPECT_EQ(events[2].plugins.at("config/text_summary"), "text");
  EXPECT_EQ(events[3].step, 300);
  EXPECT_THAT(events[3].scalars,
              ElementsAre(Pair("train/loss", 0.25F), Pair("val/accuracy", 1.0F / 3)));
  EXPECT_GE(events[3].wall_time, events[0].wall_time);
}

TEST(EventLog, TheMessagesAreThoseOfTensorBoardByteForByte) {
  // Serialised by TensorBoard's own event_pb2, from byte 9: what follows the wall time.
  const std::string text = from_hex(
      "2a320a300a13636f6e6669672f746578745f73756d6d617279420f0807120412020801420578203d20314a080a06"
      "0a0474657874");
  const std::string scalar = from_hex("10ac022a130a110a0a747261696e2f6c6f7373150000803e");
  const testing::TempDir folder;
  EventLog log(folder.path(), true);
  log.write_text(0, "config/text_summary", "x = 1");
  log.write_scalars(300, {{"train/loss", 0.25}});
  const std::string file = testing::read_file(find_event_files(folder.path()).at(0).string());
  EXPECT_THAT(file, HasSubstr(text));
  EXPECT_THAT(file, HasSubstr(scalar));
}

TEST(EventLog, AStepThatIsThereIsNotWrittenAgain) {
  const testing::TempDir folder;
  EventLog first(folder.path(), true);
  for (const int64_t step : {2, 4, 6}) first.write_scalars(step, {{"a", step}});
  EventLog second(folder.path(), /*starts_anew=*/false);
  EXPECT_EQ(second.last_step(), 6);
  second.write_text(0, "config/text_summary", "again");
  for (const int64_t step : {4, 6}) second.write_scalars(step, {{"a", step}});
  EXPECT_EQ(find_event_files(folder.path()).size(), 1u) << "nothing was new";
  for (const int64_t step : {6, 8}) second.write_scalars(step, {{"a", step}});
  EXPECT_EQ(find_event_files(folder.path()).size(), 2u);
  EXPECT_THAT(scalar_steps(folder.path()), ElementsAre(2, 4, 6, 8));
}

TEST(EventLog, GoesOnAfterARecordThatWasCutOff) {
  const testing::TempDir folder;
  EventLog first(folder.path(), true);
  for (const int64_t step : {2, 4}) first.write_scalars(step, {{"a", step}});
  const auto file = find_event_files(folder.path()).at(0);
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 3);
  EventLog second(folder.path(), false);
  EXPECT_EQ(second.last_step(), 2);
  second.write_scalars(4, {{"a", 4}});
  EXPECT_EQ(read_event_file(file, /*cut_off_at_the_end=*/true).size(), 3u);
  const auto files = find_event_files(folder.path());
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0], file) << "the new one comes after it in order";
  EXPECT_EQ(read_event_file(files[1]).back().step, 4);
}

TEST(EventLog, ARunThatStartsAnewVoidsWhatWasWrittenBefore) {
  const testing::TempDir folder;
  EventLog(folder.path(), true).write_scalars(5, {{"a", 1}});
  EventLog(folder.path(), true).write_scalars(3, {{"a", 2}});
  const std::vector<ReadEvent> events = read_event_files(folder.path());
  ASSERT_EQ(events.size(), 6u);
  EXPECT_TRUE(events[4].starts_session);
  EXPECT_EQ(events[4].step, 0);
  EXPECT_EQ(EventLog(folder.path(), false).last_step(), 3);
}

TEST(EventLog, AFileThatIsNoEventFileIsNamed) {
  const testing::TempDir folder;
  const std::string path = folder.file("events.out.tfevents.1.host.1");
  testing::write_file(path, to_tfrecord("a record, but no event"));
  EXPECT_THAT(testing::error_of([&] { EventLog(folder.path(), false); }), HasSubstr(path));
}

TEST(EventLog, AFileThatCannotBeWrittenIsNamed) {
  const testing::TempDir folder;
  EventLog log(folder.path(), false);
  log.write_scalars(1, {{"a", 1}});
  const auto file = find_event_files(folder.path()).at(0);
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  EXPECT_THAT(testing::error_of([&] {
                log.write_scalars(2, {{"a", 1}});
              }),
              HasSubstr(file.string()));
}

TEST(EventLog, TensorBoardReadsIt) {
  if (std::system(
          "python3 -c 'import tensorboard.backend.event_processing.plugin_event_accumulator' "
          ">/dev/null 2>&1") != 0)
    GTEST_SKIP() << "needs a python3 that has tensorboard";
  const testing::TempDir folder;
  EventLog first(folder.path(), true);
  first.write_text(0, "config/text_summary", "void");
  first.write_scalars(7, {{"train/loss", 9}});
  EventLog second(folder.path(), true);
  second.write_text(0, "config/text_summary", "x = 1");
  second.write_scalars(2, {{"train/loss", 0.5}});
  EventLog(folder.path(), false).write_scalars(4, {{"train/loss", 0.25}});

  testing::write_file(folder.file("read.py"), R"(
import sys
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray
events = EventAccumulator(sys.argv[1])
events.Reload()
for tag in 'train/loss', 'config/text_summary':
    print([(e.step, make_ndarray(e.tensor_proto).tolist()) for e in events.Tensors(tag)],
          events.SummaryMetadata(tag).plugin_data.plugin_name)
)");
  const std::string output = folder.file("output");
  ASSERT_EQ(std::system(("python3 " + folder.file("read.py") + " " + folder.path().string() + " >" +
                         output + " 2>/dev/null")
                            .c_str()),
            0);
  EXPECT_EQ(testing::read_file(output), "[(2, 0.5), (4, 0.25)] scalars\n[(0, [b'x = 1'])] text\n");
}

}  // namespace
}  // namespace vidqa::train
